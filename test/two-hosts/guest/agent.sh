# Starts what the host asks for by lines on the second serial port, and says there how it ended:
#   start <job> quiet|talks    runs /run/share/<job>/command, its output beside it; if it talks, its input is a pipe
#   send <job> <line>          into that pipe
#   kill <job> <signal>        to all processes of the job
# Not for busybox's shell: when a child ends while its `read` reads, it drops the half of the line that it has.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
port=/dev/ttyS1
stty -F $port raw -echo
exec 3<>$port

# Its input is open for reading and writing, so that nobody waits for the other side or sees an end.
start() {
  setsid sh "/run/share/$1/command" <&4 >"/run/share/$1/stdout" 2>"/run/share/$1/stderr" 3>&- 4>&- &
  echo $! >"/run/$1.pid"
  wait $!
  echo "done $1 $?" >&3
}

# A job that was started a moment ago may not be a group of its own yet.
signal() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    read -r group <"/run/$1.pid" && kill -s "$2" -- "-$group" && return
    sleep 0.05
  done 2>/dev/null
}

echo up >&3
while read -r verb job text <&3; do
  case $verb in
    start)
      input=/dev/null
      [ "$text" = talks ] && input=/run/$job.input && mkfifo "$input"
      exec 4<>"$input"
      start "$job" &
      exec 4>&-
      ;;
    send) printf '%s\n' "$text" 1<>"/run/$job.input" ;;
    kill) signal "$job" "$text" ;;
  esac
done
