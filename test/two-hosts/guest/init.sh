#!/bin/busybox sh
# The first process of a guest: the host's root, read-only, under an overlay in memory becomes the root; then the agent.
# MACHINE_ID comes from the kernel's command line.
/bin/busybox mkdir -p /proc /sys /dev /lower /upper /root
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in netfs 9pnet 9p 9pnet_virtio overlay; do insmod "/modules/$module.ko" || exit; done
# Nothing in it changes while guests run, as far as they look, so it may be cached.
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 root /lower || exit
mount -t tmpfs tmpfs /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /root || exit
mount -t tmpfs tmpfs /root/run
mkdir /dev/shm /root/run/share
mount -t tmpfs tmpfs /dev/shm
mount -t 9p -o trans=virtio,version=9p2000.L,cache=none,msize=524288 share /root/run/share || exit
echo 1 >/sys/devices/system/cpu/cpu1/online || exit
rm -f /root/etc/machine-id
echo "$MACHINE_ID" >/root/etc/machine-id
cp /agent.sh /root/run
for folder in proc sys dev; do mount --move "/$folder" "/root/$folder"; done
# A shell that waits also takes the dead whose parents are dead.
exec switch_root /root /bin/sh -c '/bin/sh /run/agent.sh & wait'
