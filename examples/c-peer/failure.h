#pragma once

/* Functions that can fail return NULL, or a sentence that says what is wrong. It is valid until the thread's next one.
 */
typedef const char *failure;

__attribute__((format(printf, 1, 2))) failure failed(const char *format, ...);

/* With the text of errno behind it. */
__attribute__((format(printf, 1, 2))) failure system_failed(const char *format, ...);
