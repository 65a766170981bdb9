import type { ContainerSettings, Mount } from '../../../shared/model/runner.ts'
import { member, numberMember, textMember } from './json.ts'

const MIB = 1_048_576
/** Of the engine itself: nobody asked for it. */
const USUAL_SHM_MIB = 64

/**
 * How a container like this one would be made, from GET /containers/ID/json; null where that says no image.
 *
 * Only what was added to the image goes along: its own variables are of that image's version. Folders of this machine
 * go along, named volumes do not: a profile has no word for them.
 *
 * @param image GET /images/ID/json, or null where it could not be had
 */
export function settingsOf(inspected: unknown, image: unknown): ContainerSettings | null {
  const config = member(inspected, 'Config')
  const host = member(inspected, 'HostConfig')
  const name = textMember(config, 'Image')
  if (name === null) return null
  const own = new Set(textsOf(member(member(image, 'Config'), 'Env')))
  const shmMiB = Math.round((numberMember(host, 'ShmSize') ?? 0) / MIB)
  return {
    image: name,
    gpus: itemsOf(member(host, 'DeviceRequests')).length > 0,
    shmMiB: shmMiB === USUAL_SHM_MIB ? 0 : shmMiB,
    hostIpc: textMember(host, 'IpcMode') === 'host',
    mounts: itemsOf(member(inspected, 'Mounts')).flatMap(mountOf).slice(0, 64),
    env: textsOf(member(config, 'Env'))
      .filter((entry) => !own.has(entry) && /^[A-Za-z_][A-Za-z0-9_]*=/.test(entry))
      .slice(0, 128)
  }
}

function mountOf(mount: unknown): readonly Mount[] {
  const hostPath = textMember(mount, 'Source')
  const containerPath = textMember(mount, 'Destination')
  if (textMember(mount, 'Type') !== 'bind' || hostPath === null || containerPath === null) return []
  return [{ hostPath, containerPath, readOnly: member(mount, 'RW') === false }]
}

const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textsOf = (value: unknown): readonly string[] =>
  itemsOf(value).filter((item) => typeof item === 'string')
