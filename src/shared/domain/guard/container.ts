/** docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, or /docker/ID where the engine drives cgroups itself. */
const CONTAINER =
  /\/(?:docker-|libpod-|crio-|cri-containerd-|docker\/|libpod_parent\/libpod-)([0-9a-f]{12,64})(?:\.scope)?(?=\/|$)/
const SHORT_ID_CHARS = 12

/** The id of the container a cgroup path lies in, and that container's own path; null outside of one. */
export function containerOf(cgroup: string | null): { readonly id: string; readonly path: string } | null {
  const found = cgroup === null ? null : CONTAINER.exec(cgroup)
  if (found === null || cgroup === null) return null
  const [whole, id = ''] = found
  return { id: id.slice(0, SHORT_ID_CHARS), path: cgroup.slice(0, found.index + whole.length) }
}
