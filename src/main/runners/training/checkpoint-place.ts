import { isAbsolute, join, posix } from 'node:path'
import type { Mount, Profile } from '../../../shared/model/runner.ts'
import { textSetting } from '../../../shared/model/specs/index.ts'

/** Where a job writes its checkpoints, as far as its profile says it. */
export interface CheckpointPlace {
  /** On this machine; null where the profile does not say it. */
  readonly folder: string | null
  /** What a relative path in its log is relative to, as the job sees it. */
  readonly workingFolder: string
  /** Folders of this machine in its container; null: it runs in none. */
  readonly mounts: readonly Mount[] | null
  readonly homeDir: string
}

/** For a fine-tuning profile; null for other kinds. */
export function checkpointPlace(profile: Profile, homeDir: string): CheckpointPlace | null {
  if (profile.kind !== 'finetune') return null
  const place: CheckpointPlace = {
    folder: null,
    workingFolder: textSetting(profile, 'folder') || (profile.container === null ? homeDir : '/'),
    mounts: profile.container?.mounts ?? null,
    homeDir
  }
  const output = textSetting(profile, 'outputDir')
  return output === '' ? place : { ...place, folder: onThisMachine(output, place) }
}

/** A path that the job names, as this machine sees it; null where it lies in the container alone. */
export function onThisMachine(path: string, place: CheckpointPlace): string | null {
  const working = expand(place.workingFolder, place.homeDir)
  if (place.mounts === null) {
    const expanded = expand(path, place.homeDir)
    return isAbsolute(expanded) ? expanded : join(working, expanded)
  }
  const inside = posix.normalize(posix.isAbsolute(path) ? path : posix.join(working, path))
  const mount = place.mounts
    .filter(({ containerPath }) => isWithin(inside, posix.normalize(containerPath)))
    .toSorted((a, b) => b.containerPath.length - a.containerPath.length)[0]
  if (mount === undefined) return null
  return join(
    expand(mount.hostPath, place.homeDir),
    posix.relative(posix.normalize(mount.containerPath), inside)
  )
}

const isWithin = (path: string, folder: string): boolean => {
  const between = posix.relative(folder, path)
  return between === '' || (between !== '..' && !between.startsWith('../') && !posix.isAbsolute(between))
}

const expand = (path: string, homeDir: string): string =>
  path === '~' ? homeDir : path.startsWith('~/') ? join(homeDir, path.slice(2)) : path
