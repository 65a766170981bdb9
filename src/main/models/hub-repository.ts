import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { FactsReader } from './file-facts.ts'
import { readTextUpTo } from './read-text.ts'
import { readFolder, type WalkState } from './walk.ts'

/** A reference holds the 40 digits of a commit. */
const REFERENCE_BYTES = 256
const UNFINISHED = '.incomplete'
/** One is left by each file of a fetch that was broken off. */
const MOST_UNFINISHED = 1_000

export interface HubSnapshot {
  readonly folder: string
  /** What the repository's name alone stands for. */
  readonly isMain: boolean
}

export interface HubRepository {
  /** 'owner/name' */
  readonly name: string
  /** That of 'main' first. */
  readonly snapshots: readonly HubSnapshot[]
  /** Fetches that have not ended. */
  readonly unfinished: { readonly files: number; readonly bytes: number }
}

/** Reads the folder of one repository in Hugging Face's cache: refs, snapshots of links, blobs. */
export async function readHubRepository(
  folder: string,
  state: WalkState,
  facts: FactsReader
): Promise<HubRepository> {
  const main = (await readTextUpTo(join(folder, 'refs', 'main'), REFERENCE_BYTES))?.trim() ?? ''
  // The folder itself is watched too: its first snapshot appears in it.
  await readFolder(folder, state)
  const read = await readFolder(join(folder, 'snapshots'), state)
  const snapshots = (read?.folders ?? [])
    .map((name) => ({ folder: join(folder, 'snapshots', name), isMain: name === main }))
    .toSorted((a, b) => Number(b.isMain) - Number(a.isMain))
  const blobs = join(folder, 'blobs')
  const names = await readdir(blobs).catch((): string[] => [])
  let files = 0
  let bytes = 0
  for (const name of names.filter((one) => one.endsWith(UNFINISHED)).slice(0, MOST_UNFINISHED)) {
    const found = await facts.facts(join(blobs, name))
    if (found === null) continue
    files += 1
    bytes += found.sizeBytes
  }
  return { name: repositoryName(folder), snapshots, unfinished: { files, bytes } }
}

/** 'owner/name' of 'models--owner--name'; no part of a name may itself hold two dashes. */
const repositoryName = (folder: string): string =>
  basename(folder)
    .replace(/^models--/, '')
    .replace('--', '/')
