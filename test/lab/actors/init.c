/* /init of the initramfs: loads the disk's driver, mounts the disk and hands over to systemd. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TRIES 500
#define BETWEEN_NS 10000000

static int mount_disk(void) {
  for (int i = 0; i < TRIES; i++) {
    if (mount("/dev/vda", "/root", "ext4", MS_NOATIME, NULL) == 0) return 0;
    struct timespec pause = {0, BETWEEN_NS};
    nanosleep(&pause, NULL);
  }
  perror("mount /dev/vda");
  return 1;
}

int main(void) {
  int module = open("/virtio_blk.ko", O_RDONLY);
  if (module >= 0 && syscall(SYS_finit_module, module, "", 0) != 0) perror("virtio_blk");
  close(module);
  mkdir("/dev", 0755);
  mkdir("/root", 0755);
  mount("dev", "/dev", "devtmpfs", 0, NULL);
  if (mount_disk() != 0) return 1;
  umount2("/dev", MNT_DETACH);
  if (chdir("/root") != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0) {
    perror("switch root");
    return 1;
  }
  mount("dev", "/dev", "devtmpfs", 0, NULL);
  char *environment[] = {"HOME=/", "TERM=linux", NULL};
  char *command[] = {"/sbin/init", NULL};
  execve(command[0], command, environment);
  perror(command[0]);
  return 1;
}
