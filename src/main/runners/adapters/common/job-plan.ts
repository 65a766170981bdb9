import { stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { FieldProfile } from '../../../../shared/model/runner.ts'
import type { LaunchPlan } from '../../supervisor/adapter.ts'

/** Of a job that listens nowhere. */
export const NO_PORT = 0
export const NO_URL = ''

/** What a job runs and where. */
export interface JobCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The plan of a job that listens nowhere: no port is promised to it, and none published. */
export function jobPlan(profile: FieldProfile, { file, args, env }: JobCommand): LaunchPlan {
  const { container } = profile
  return {
    file,
    args,
    container:
      container === null
        ? null
        : {
            image: container.image,
            gpus: container.gpus,
            shmBytes: container.shmMiB * 1024 ** 2,
            hostIpc: container.hostIpc,
            mounts: container.mounts,
            containerPort: NO_PORT,
            hostAddress: '127.0.0.1'
          },
    env: { ...env, ...variablesOf(container?.env ?? []) },
    port: NO_PORT,
    url: NO_URL,
    modelBytes: null
  }
}

/** The same command in another folder: coreutils' env changes to it and becomes the program, under the same pid. */
export function inFolder(folder: string, command: JobCommand): JobCommand {
  if (folder === '') return command
  return { ...command, file: 'env', args: [`--chdir=${folder}`, command.file, ...command.args] }
}

/** 'NAME=value' lines as an environment. */
export const variablesOf = (lines: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.flatMap((line) => {
      const at = line.indexOf('=')
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : []
    })
  )

/** '~/x' as this user's. */
export const expandHome = (path: string, env: NodeJS.ProcessEnv): string =>
  path === '~' ? (env['HOME'] ?? '/') : path.startsWith('~/') ? join(env['HOME'] ?? '/', path.slice(2)) : path

/** Why a folder of this machine cannot be worked in, in words; null: it can. */
export async function folderProblem(folder: string, what: string): Promise<string | null> {
  if (!isAbsolute(folder)) return `${what}: give its full path, beginning with '/' or '~/': ${folder}`
  const found = await stat(folder).catch(() => null)
  if (found === null) return `${what}: there is no folder ${folder}. Create it, or correct the profile.`
  return found.isDirectory() ? null : `${what}: ${folder} is no folder. Correct the profile.`
}

/** Pythons of the virtual environments that people make in a project's folder. */
export const venvPrograms = (folder: string, name: string): readonly string[] =>
  ['.venv', 'venv', 'env'].map((venv) => join(folder, venv, 'bin', name))

/** The first of these files that is there. */
export async function firstFile(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const found = await stat(path).catch(() => null)
    if (found?.isFile() === true) return path
  }
  return null
}
