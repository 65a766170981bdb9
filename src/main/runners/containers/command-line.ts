import { HIGHEST_OOM_SCORE } from '../../platform/oom-score.ts'
import type { LaunchPlan } from '../supervisor/adapter.ts'
import { CDI_ALL_GPUS, ENGINE_LOG_SIZE } from './create-body.ts'
import type { EngineName } from './find-engine.ts'
import { expandMounts } from './mounts.ts'

/**
 * The `docker run` (or `podman run`) that does what a plan with a container does, one argv item each. Secrets are in
 * it as they are: redact before showing it.
 *
 * `homeDir`: what '~/' of a mount stands for; empty leaves it to the reader's shell.
 */
export function containerCommandLine(
  plan: LaunchPlan,
  name: string,
  engine: EngineName = 'docker',
  homeDir = ''
): string[] {
  const { container } = plan
  if (container === null) return [plan.file, ...plan.args]
  const mounts = homeDir === '' ? container.mounts : expandMounts(container.mounts, homeDir)
  return [
    engine,
    'run',
    '--detach',
    '--name',
    name,
    ...(container.gpus ? (engine === 'docker' ? ['--gpus', 'all'] : ['--device', CDI_ALL_GPUS]) : []),
    ...(container.shmBytes === 0 ? [] : ['--shm-size', String(container.shmBytes)]),
    ...(container.hostIpc ? ['--ipc', 'host'] : []),
    // A job listens nowhere.
    ...(container.containerPort > 0
      ? ['--publish', `${container.hostAddress}:${plan.port}:${container.containerPort}`]
      : []),
    ...mounts.flatMap((mount) => ['--mount', mountOption(mount)]),
    ...Object.entries(plan.env).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    '--oom-score-adj',
    String(HIGHEST_OOM_SCORE),
    ...logOptions(engine),
    ...(plan.file === '' ? [] : ['--entrypoint', plan.file]),
    container.image,
    ...plan.args
  ]
}

const logOptions = (engine: EngineName): readonly string[] =>
  engine === 'docker'
    ? ['--log-driver', 'json-file', '--log-opt', `max-size=${ENGINE_LOG_SIZE}`, '--log-opt', 'max-file=2']
    : ['--log-driver', 'k8s-file', '--log-opt', `max-size=${ENGINE_LOG_SIZE}`]

function mountOption(mount: {
  readonly hostPath: string
  readonly containerPath: string
  readonly readOnly: boolean
}): string {
  const parts = [
    'type=bind',
    field('source', mount.hostPath),
    field('target', mount.containerPath),
    ...(mount.readOnly ? ['readonly'] : [])
  ]
  return parts.join(',')
}

/** The option is read as one line of CSV: a comma or a quote in a path needs quotes around its field. */
const field = (key: string, value: string): string =>
  /[",]/.test(value) ? `"${key}=${value.replaceAll('"', '""')}"` : `${key}=${value}`
