/** What the guest is made of, besides the lab's own files. */
export const GUEST_PACKAGES: readonly string[] = [
  'systemd-sysv',
  'dbus',
  'dbus-user-session',
  'libpam-systemd',
  'systemd-oomd',
  'earlyoom',
  // Only looked for, never measured.
  'nohang',
  'udev',
  'kmod',
  'procps',
  'util-linux',
  'linux-image-cloud-amd64',
  'iproute2',
  // What Node is linked against.
  'libstdc++6',
  'libatomic1',
  // For Firebreak's helper.
  'polkitd',
  'pkexec',
  'zstd'
]

/** As the package installs it; the product's disk is mounted at that place. */
export const FIREBREAKCTL = `#!/bin/sh
exec /usr/lib/firebreak/node /usr/lib/firebreak/app/out/main/cli.js "$@"
`

/** Runs the case. Never chosen by the kernel, and with a little memory of its own, so that it can always tell. */
export const LAB_SERVICE = `[Unit]
Description=starvation lab
After=basic.target systemd-user-sessions.service
[Service]
Type=exec
ExecStart=/lab/driver.sh
OOMScoreAdjust=-1000
MemoryMin=64M
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
`

/** Services that a machine of one run has no use for; each costs seconds of emulation at boot. */
export const GUEST_UNITS_MASKED: readonly string[] = [
  // Starts by itself wherever it is installed; guest/guards.sh unmasks it for its own runs.
  'systemd-oomd.service',
  'systemd-oomd.socket',
  'systemd-udevd.service',
  'systemd-udev-trigger.service',
  'systemd-udevd-kernel.socket',
  'systemd-udevd-control.socket',
  'getty.target',
  'serial-getty@ttyS0.service',
  'getty@tty1.service',
  'console-getty.service',
  'systemd-timesyncd.service',
  'systemd-networkd.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'fstrim.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'systemd-pcrmachine.service',
  'systemd-tpm2-setup.service',
  'systemd-hwdb-update.service',
  'systemd-machine-id-commit.service',
  'systemd-firstboot.service',
  'systemd-binfmt.service',
  'ldconfig.service',
  'systemd-journal-catalog-update.service',
  'systemd-update-done.service',
  'systemd-random-seed.service',
  'systemd-modules-load.service',
  'kmod-static-nodes.service',
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'modprobe@.service',
  'systemd-sysctl.service',
  'systemd-update-utmp.service',
  'systemd-logind-varlink.socket',
  'proc-sys-fs-binfmt_misc.automount'
]
