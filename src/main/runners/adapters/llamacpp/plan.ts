import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { LlamaCppProfile, Mount, Profile } from '../../../../shared/model/runner.ts'
import { LLAMACPP_SPEC } from '../../../../shared/model/specs/llamacpp.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { checkModelFile } from '../../../models/model-file.ts'
import type { ContainerPlan, LaunchPlan, PlanContext } from '../../supervisor/adapter.ts'
import { choosePort, loopbackUrl } from '../common/port.ts'
import { checkExtraArgs, LLAMACPP_HOST, LLAMA_SERVER_ENV, llamaServerArgs, type Served } from './args.ts'
import { findLlamaServer } from './find-binary.ts'

const ALL_ADDRESSES = '0.0.0.0'
/** As in the project's own images. */
const CONTAINER_PORT = 8080
const MIB = 1024 ** 2

/** Checks program, model and port, and says what to launch; in a container the program is the image's. */
export async function planLlamaServer(
  profile: Profile,
  context: PlanContext
): Promise<Result<LaunchPlan, ContractError>> {
  if (profile.kind !== 'llamacpp') throw new Error(`not a llama.cpp profile: ${profile.kind}`)
  const { modelPath, settings, container } = profile
  const badArgs = checkExtraArgs(settings.extraArgs)
  if (badArgs !== null) return err(badArgs)
  const binary =
    container === null
      ? await findLlamaServer([settings.binary, context.settings.llamacpp.binary], context.env)
      : ok(settings.binary)
  const model = await checkModel(modelPath)
  const isPreview = context.isPreview === true
  if (!binary.ok && !isPreview) {
    // Both at once, so that a newcomer mends both at once.
    const { message } = binary.error
    return model.ok ? binary : err({ ...binary.error, message: `${message} And: ${model.error.message}` })
  }
  if (!model.ok && !isPreview) return model
  const { served, totalBytes } = model.ok ? model.value : { served: 'model' as const, totalBytes: null }
  const port = await choosePort(settings.port, LLAMACPP_SPEC.defaultPort, context)
  if (!port.ok) return port
  const host = profile.lan ? ALL_ADDRESSES : LLAMACPP_HOST
  return ok({
    file: binary.ok ? binary.value : 'llama-server',
    container: container === null ? null : await containerPlan(profile, container, served),
    args:
      container === null
        ? llamaServerArgs(modelPath, port.value, settings, host, served)
        : // Inside, its loopback is not this machine's; what is published decides who may connect.
          llamaServerArgs(modelPath, CONTAINER_PORT, settings, ALL_ADDRESSES, served),
    env: { ...LLAMA_SERVER_ENV, ...environmentOf(container?.env ?? []) },
    port: port.value,
    url: loopbackUrl(port.value),
    modelBytes: totalBytes
  })
}

interface CheckedPath {
  readonly served: Served
  /** Null for a folder: what of it is loaded is chosen later. */
  readonly totalBytes: number | null
}

async function checkModel(path: string): Promise<Result<CheckedPath, ContractError>> {
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory()) return ok({ served: 'folder', totalBytes: null })
  const model = await checkModelFile(path)
  if (model.ok) return ok({ served: 'model', totalBytes: model.value.totalBytes })
  const code = model.error.kind === 'missing' ? 'model-missing' : 'model-invalid'
  return err({ code, message: model.error.message })
}

async function containerPlan(
  profile: LlamaCppProfile,
  container: NonNullable<LlamaCppProfile['container']>,
  served: Served
): Promise<ContainerPlan> {
  return {
    image: container.image,
    gpus: container.gpus,
    shmBytes: container.shmMiB * MIB,
    hostIpc: container.hostIpc,
    mounts: [...container.mounts, ...(await modelMounts(profile.modelPath, served, container.mounts))],
    containerPort: CONTAINER_PORT,
    hostAddress: profile.lan ? ALL_ADDRESSES : LLAMACPP_HOST
  }
}

/**
 * The model's folder, read-only and at the same path, so that one command line is true inside and outside. In the
 * Hugging Face cache a model is a link to another folder, which is needed as well.
 */
async function modelMounts(
  modelPath: string,
  served: Served,
  given: readonly Mount[]
): Promise<readonly Mount[]> {
  const real = await realpath(modelPath).catch(() => modelPath)
  const folders = served === 'folder' ? [modelPath, real] : [dirname(modelPath), dirname(real)]
  const taken = new Set(given.map((mount) => mount.containerPath))
  return [...new Set(folders)].flatMap((folder) =>
    taken.has(folder) ? [] : [{ hostPath: folder, containerPath: folder, readOnly: true }]
  )
}

const environmentOf = (lines: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1)]
    })
  )
