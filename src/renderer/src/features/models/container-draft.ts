import type { ContainerSettings, Mount, RunnerKind } from '../../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../../shared/model/specs/index.ts'

/** How it runs in a container, as typed. */
export interface ContainerDraft {
  readonly image: string
  readonly gpus: boolean
  readonly shmMiB: string
  readonly hostIpc: boolean
  readonly mounts: readonly MountDraft[]
  readonly env: readonly EnvDraft[]
}
/** `row` tells rows of a list apart, which have no name of their own. */
export interface MountDraft extends Mount {
  readonly row: number
}
export interface EnvDraft {
  readonly row: number
  readonly name: string
  readonly value: string
}

/** Most that the contract takes, in MiB: 1 TiB. */
const MOST_SHM_MIB = 1_048_576

/** Longest that the contract takes, in characters. */
const MOST_IMAGE_CHARS = 512
const MOST_PATH_CHARS = 4096
const MOST_VARIABLE_CHARS = 8192

/** Where all of these look for models, and where their images have it. */
const MODEL_CACHE: Mount = {
  hostPath: '~/.cache/huggingface',
  containerPath: '/root/.cache/huggingface',
  readOnly: false
}

/** What a container of that kind usually needs; the image is the vendor's, where there is one. */
export function usualContainer(kind: RunnerKind): ContainerDraft {
  const { image, model } = RUNNER_SPECS[kind]
  const loadsRepository = model.form === 'repository'
  return {
    image: image ?? '',
    gpus: kind !== 'open-webui',
    shmMiB: '0',
    hostIpc: loadsRepository,
    mounts: loadsRepository ? [{ ...MODEL_CACHE, row: 0 }] : [],
    env: []
  }
}

export const containerDraft = (container: ContainerSettings): ContainerDraft => ({
  ...container,
  shmMiB: String(container.shmMiB),
  mounts: container.mounts.map((one, row) => ({ ...one, row })),
  env: container.env.map((line, row) => {
    const at = line.indexOf('=')
    return { row, name: line.slice(0, at), value: line.slice(at + 1) }
  })
})

/** A number that no row of the list has. */
export const freeRow = (rows: readonly { readonly row: number }[]): number =>
  rows.reduce((most, { row }) => Math.max(most, row), -1) + 1

/** What is wrong, by field: 'container.image', 'container.mounts.0.hostPath' … */
export function containerErrors({ image, shmMiB, mounts, env }: ContainerDraft): Record<string, string> {
  const errors: Record<string, string> = {}
  if (image.trim() === '') errors['container.image'] = 'Name an image, with its tag.'
  else if (/\s/.test(image.trim())) errors['container.image'] = 'An image’s name has no spaces.'
  else if (image.trim().length > MOST_IMAGE_CHARS) {
    errors['container.image'] = `At most ${MOST_IMAGE_CHARS} characters.`
  }
  if (!/^\d+$/.test(shmMiB.trim())) errors['container.shmMiB'] = 'Give a whole number of MiB.'
  else if (Number(shmMiB) > MOST_SHM_MIB) errors['container.shmMiB'] = `At most ${MOST_SHM_MIB} MiB.`
  for (const [at, { hostPath, containerPath }] of mounts.entries()) {
    if (!/^(\/|~\/)/.test(hostPath.trim())) {
      errors[`container.mounts.${at}`] = 'The folder here: the whole path, from / or ~/ on.'
    } else if (!containerPath.trim().startsWith('/')) {
      errors[`container.mounts.${at}`] = 'The folder inside: the whole path, from / on.'
    } else if (Math.max(hostPath.trim().length, containerPath.trim().length) > MOST_PATH_CHARS) {
      errors[`container.mounts.${at}`] = `At most ${MOST_PATH_CHARS} characters each.`
    }
  }
  for (const [at, { name, value }] of env.entries()) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name.trim())) {
      errors[`container.env.${at}`] = 'A name has letters, digits and _ and begins with no digit.'
    } else if (name.trim().length + value.length >= MOST_VARIABLE_CHARS) {
      errors[`container.env.${at}`] = `Name and value together: fewer than ${MOST_VARIABLE_CHARS} characters.`
    }
  }
  return errors
}

/** Settings of a draft that has no errors. */
export const containerSettings = (draft: ContainerDraft): ContainerSettings => ({
  image: draft.image.trim(),
  gpus: draft.gpus,
  shmMiB: Number(draft.shmMiB),
  hostIpc: draft.hostIpc,
  mounts: draft.mounts.map((one) => ({
    hostPath: one.hostPath.trim(),
    containerPath: one.containerPath.trim(),
    readOnly: one.readOnly
  })),
  env: draft.env.map(({ name, value }) => `${name.trim()}=${value}`)
})
