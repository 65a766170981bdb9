/** Whose runner a container is; the id of its profile. */
export const RUNNER_LABEL = 'io.github.firebreak_panel.runner'
/** Which launch of it, as in the environment of its processes. */
export const MARK_LABEL = 'io.github.firebreak_panel.mark'

/** What people see in `docker ps`; profile ids are slugs, which every engine takes. */
export const containerName = (id: string): string => `firebreak-${id}`
