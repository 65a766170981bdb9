import { mkdir, stat } from 'node:fs/promises'
import { isAbsolute, join, normalize } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Mount } from '../../../shared/model/runner.ts'

/** '~/' as the home folder; everything else as it is. */
export const expandMounts = (mounts: readonly Mount[], homeDir: string): readonly Mount[] =>
  mounts.map((mount) => ({
    ...mount,
    hostPath: mount.hostPath.startsWith('~/')
      ? join(homeDir, mount.hostPath.slice(2))
      : mount.hostPath === '~'
        ? homeDir
        : mount.hostPath
  }))

/**
 * Sees that every mounted folder is there. A writable one below the home folder is made, as this user: an engine
 * would make it as root. Anything else that is missing is named. Null: all is well.
 */
export async function prepareMounts(
  mounts: readonly Mount[],
  homeDir: string
): Promise<ContractError | null> {
  for (const { hostPath, containerPath, readOnly } of expandMounts(mounts, homeDir)) {
    if (!isAbsolute(hostPath) || !isAbsolute(containerPath)) {
      const message = `The folder ${hostPath} to ${containerPath} is not given in full. Begin both with '/'.`
      return { code: 'bad-request', message }
    }
    const found = await stat(hostPath).catch((error: NodeJS.ErrnoException) => error)
    if (!(found instanceof Error)) continue
    const isOwn = !readOnly && found.code === 'ENOENT' && normalize(hostPath).startsWith(`${homeDir}/`)
    const problem = isOwn ? await make(hostPath) : reasonOf(found)
    if (problem !== null) {
      const message = `The folder ${hostPath} cannot be given to the container: ${problem}. Make it, or correct its path.`
      return { code: 'bad-request', message }
    }
  }
  return null
}

async function make(path: string): Promise<string | null> {
  try {
    await mkdir(path, { recursive: true })
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const reasonOf = (error: NodeJS.ErrnoException): string =>
  error.code === 'ENOENT'
    ? 'it does not exist'
    : error.code === 'EACCES'
      ? 'you may not open it'
      : error.message
