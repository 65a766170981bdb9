/**
 * docker-ID.scope and libpod-ID.scope under systemd, /docker/ID and /libpod_parent/libpod-ID where the engine makes
 * cgroups itself. Only whole ids: 64 hexadecimal digits are no unit's name by chance.
 */
const CONTAINER =
  /[/:](?:docker-|libpod-|crio-|cri-containerd-|docker\/|libpod_parent\/libpod-)([0-9a-f]{64})(?:\.scope)?(?=\/|$)/m

/**
 * The id of the container that a process runs in, from its /proc/PID/cgroup of either version; null outside of one.
 *
 * An engine inside a container nests one id in another: the last is the innermost, but only the outermost is known
 * to this machine's engine, so the first is told.
 */
export function containerIdOf(cgroupText: string): string | null {
  return CONTAINER.exec(cgroupText)?.[1] ?? null
}
