import type { Dirent, Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** More files than a checkpoint of any trainer has; what is beyond is not looked at. */
const MAX_FILES = 4_096
const MAX_DEPTH = 4
/** A local disk answers in milliseconds; a network drive that is gone never does. */
const LOOK_DEADLINE_MS = 5_000

/**
 * 'checkpoint-500' (Hugging Face, diffusers), 'epoch_0' and 'step_100' (torchtune), 'iter_0000100' (Megatron), '*.ckpt'
 * (Lightning, NeMo), 'name-000025.safetensors' (sd-scripts).
 */
const CHECKPOINT_NAME =
  /^(?:checkpoint|epoch|step|global_step|iter)[-_=]?\d{1,12}$|\.ckpt$|-\d{6,8}\.safetensors$/
/** Half-written ones of the Hugging Face Trainer and Megatron say so in their name. */
const HALF_WRITTEN = /^tmp-|\.(?:tmp|incomplete|part)$/

/** The whole checkpoint of which a log names one file, as torchtune does; the path itself where it is no part of one. */
export function checkpointOf(path: string): string {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (CHECKPOINT_NAME.test(basename(folder))) return folder
  }
  return path
}

/** What is there of a checkpoint at one moment: two equal ones in a row mean that nobody writes to it. */
export interface CheckpointLook {
  readonly files: number
  readonly bytes: number
  readonly newestMs: number
}

/** Reads of checkpoints on disk; each settles within a deadline. */
export interface CheckpointFiles {
  /** The newest checkpoint in a folder, by its time; null where there is none. */
  newest(folder: string): Promise<string | null>
  /** Null where there is nothing, or nothing that can be read. */
  look(path: string): Promise<CheckpointLook | null>
}

export const checkpointFiles: CheckpointFiles = {
  newest: (folder) => inTime(findNewest(folder)),
  look: (path) => inTime(lookAt(path))
}

/**
 * The newest checkpoint from which a run can go on: not one during whose writing the last run was ended, as far as that
 * can be told. Null where there is none.
 */
export const newestWholeCheckpoint = (folder: string): Promise<string | null> =>
  inTime(findNewestWhole(folder))

/** The Hugging Face Trainer writes it last, after weights and optimizer; seen of 5.12. */
const LAST_FILE = 'trainer_state.json'
const TRAINER_NAME = /^checkpoint-\d{1,12}$/

async function findNewest(folder: string): Promise<string | null> {
  return (await checkpointsIn(folder))[0] ?? null
}

async function findNewestWhole(folder: string): Promise<string | null> {
  const all = await checkpointsIn(folder)
  const isOfTrainer = (path: string): boolean => TRAINER_NAME.test(basename(path))
  const whole = new Set<string>()
  for (const path of all.filter(isOfTrainer)) {
    if ((await statOf(join(path, LAST_FILE))) !== null) whole.add(path)
  }
  // diffusers writes folders of the same name and never that file: then it tells nothing.
  return all.find((path) => whole.size === 0 || !isOfTrainer(path) || whole.has(path)) ?? null
}

/** The newest first. */
async function checkpointsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => [])
  const found: { readonly path: string; readonly atMs: number }[] = []
  for (const { name } of entries.slice(0, MAX_FILES)) {
    if (!CHECKPOINT_NAME.test(name) || HALF_WRITTEN.test(name)) continue
    const path = join(folder, name)
    const at = await statOf(path)
    if (at !== null) found.push({ path, atMs: at.mtimeMs })
  }
  return found.toSorted((a, b) => b.atMs - a.atMs).map(({ path }) => path)
}

async function lookAt(path: string): Promise<CheckpointLook | null> {
  const top = await statOf(path)
  if (top === null) return null
  if (!top.isDirectory()) return { files: 1, bytes: top.size, newestMs: top.mtimeMs }
  let look: CheckpointLook = { files: 0, bytes: 0, newestMs: top.mtimeMs }
  const folders = [{ path, depth: 0 }]
  for (let folder = folders.pop(); folder !== undefined && look.files < MAX_FILES; folder = folders.pop()) {
    const entries = await readdir(folder.path, { withFileTypes: true }).catch((): Dirent[] => [])
    for (const entry of entries) {
      const inside = join(folder.path, entry.name)
      if (entry.isDirectory()) {
        if (folder.depth < MAX_DEPTH) folders.push({ path: inside, depth: folder.depth + 1 })
        continue
      }
      const found = await statOf(inside)
      if (found === null) continue
      look = {
        files: look.files + 1,
        bytes: look.bytes + found.size,
        newestMs: Math.max(look.newestMs, found.mtimeMs)
      }
    }
  }
  return look
}

const statOf = (path: string): Promise<Stats | null> => stat(path).catch(() => null)

function inTime<T>(work: Promise<T | null>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<T | null>()
  const timer = setTimeout(() => resolve(null), LOOK_DEADLINE_MS)
  void work.then(resolve, () => resolve(null)).finally(() => clearTimeout(timer))
  return promise
}
