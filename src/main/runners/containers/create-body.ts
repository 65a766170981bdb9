import type { LaunchPlan } from '../supervisor/adapter.ts'
import { HIGHEST_OOM_SCORE } from '../../platform/oom-score.ts'
import type { EngineName } from './find-engine.ts'
import { MARK_LABEL, RUNNER_LABEL } from './container-name.ts'
import { expandMounts } from './mounts.ts'

/** The engine keeps what is not read yet: enough for a core that is away for a day, and no more than a log takes. */
export const ENGINE_LOG_SIZE = '10m'
/** Every GPU of the machine in the container device interface, which Podman speaks. */
export const CDI_ALL_GPUS = 'nvidia.com/gpu=all'

/**
 * Body of POST /containers/create. The kernel's first choice when memory is short, like every runner: what it holds
 * on the GPU is in no count of resident pages. Never restarted by the engine: who starts again is decided here.
 */
export function createBody(options: {
  readonly id: string
  readonly mark: string
  readonly plan: LaunchPlan
  readonly env: Readonly<Record<string, string>>
  readonly engine: EngineName
  readonly homeDir: string
}): Readonly<Record<string, unknown>> {
  const { id, mark, plan, env, engine, homeDir } = options
  const { container } = plan
  if (container === null) throw new Error(`${id} has no container`)
  const port = `${container.containerPort}/tcp`
  const isPublished = container.containerPort > 0
  return {
    Image: container.image,
    ...(plan.file === '' ? {} : { Entrypoint: [plan.file] }),
    // With an entrypoint of ours and no argument, the image's own arguments must not be added.
    ...(plan.args.length > 0 || plan.file !== '' ? { Cmd: plan.args } : {}),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { [RUNNER_LABEL]: id, [MARK_LABEL]: mark },
    ...(isPublished ? { ExposedPorts: { [port]: {} } } : {}),
    HostConfig: {
      ...(isPublished
        ? { PortBindings: { [port]: [{ HostIp: container.hostAddress, HostPort: String(plan.port) }] } }
        : {}),
      OomScoreAdj: HIGHEST_OOM_SCORE,
      RestartPolicy: { Name: 'no' },
      LogConfig: logConfig(engine),
      Mounts: expandMounts(container.mounts, homeDir).map((mount) => ({
        Type: 'bind',
        Source: mount.hostPath,
        Target: mount.containerPath,
        ReadOnly: mount.readOnly
      })),
      ...(container.shmBytes === 0 ? {} : { ShmSize: container.shmBytes }),
      ...(container.hostIpc ? { IpcMode: 'host' } : {}),
      ...(container.gpus ? gpusOf(engine) : {})
    }
  }
}

const logConfig = (engine: EngineName): Readonly<Record<string, unknown>> =>
  engine === 'docker'
    ? { Type: 'json-file', Config: { 'max-size': ENGINE_LOG_SIZE, 'max-file': '2' } }
    : { Type: 'k8s-file', Config: { 'max-size': ENGINE_LOG_SIZE } }

/**
 * All GPUs. Count -1 is what `--gpus all` asks Docker for. Podman passes over such requests without a word in many
 * versions, and the model would then run on the CPU: its devices by name are given, or refused aloud.
 */
const gpusOf = (engine: EngineName): Readonly<Record<string, unknown>> =>
  engine === 'docker'
    ? { DeviceRequests: [{ Driver: '', Count: -1, Capabilities: [['gpu']] }] }
    : { Devices: [{ PathOnHost: CDI_ALL_GPUS, PathInContainer: '', CgroupPermissions: '' }] }
