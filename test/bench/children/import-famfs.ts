import "famfs";
