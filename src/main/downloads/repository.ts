import { z } from 'zod'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { ModelSource } from '../../shared/model/playbook.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import { isPlainPath, matcherOf } from './file-names.ts'
import { hubUrl, type Hub } from './hub.ts'
import { refusal, throttleOf } from './refusal.ts'
import { openUrl, readBody, RequestFailure } from './request.ts'
import type { Tries } from './tries.ts'

/** The list of a repository with 10 000 files has 3 MiB. */
const LIST_BYTES = 32 * 1024 * 1024
const MOST_FILES = 10_000
/** The hub itself allows a repository that many. */
const MOST_LISTED = 100_000

const fileSchema = z.object({
  rfilename: z.string(),
  size: z.int().nonnegative(),
  blobId: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).nullish()
})
/** As much as is used of what /api/models/…?blobs=true answers. */
const listSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(z.unknown()).max(MOST_LISTED)
})

/** A file of a repository, as the hub lists it. */
export interface HubFile {
  readonly name: string
  readonly sizeBytes: number
  /** Names the file in the cache: SHA-256 of its bytes, or Git's own number where it is kept in Git itself. */
  readonly etag: string
  readonly hash: 'sha256' | 'git-sha1'
}

export interface Listed {
  readonly commit: string
  readonly files: readonly HubFile[]
}

/** Asks the hub what a source's files are; every pattern must match one. */
export async function listFiles(
  hub: Hub,
  { repository, revision, files, gated }: ModelSource,
  tries: Tries,
  signal: AbortSignal
): Promise<Result<Listed, ContractError>> {
  const url = hubUrl(hub, 'api', 'models', ...repository.split('/'), 'revision', revision)
  url.search = '?blobs=true'
  const answer = await tries.run(signal, async () => {
    const { response } = await openUrl(url, {
      token: hub.token,
      signal,
      silenceMs: tries.silenceMs,
      env: hub.env
    })
    const throttle = throttleOf(response, url.host)
    if (throttle !== null) throw throttle
    const body = response.statusCode === 200 ? await readBody(response, LIST_BYTES, url.host) : null
    if (body === null) response.destroy()
    return { response, body }
  })
  if (answer.body === null)
    return err(refusal(answer.response, { hub, repository, revision, gated, file: null }))
  const listed = parseList(answer.body)
  if (listed === null)
    throw new RequestFailure(`${url.host} answers with something else than a list of files.`, false)
  return choose(listed.commit, listed.siblings, { repository, files })
}

function parseList(text: string): { readonly commit: string; readonly siblings: readonly unknown[] } | null {
  try {
    const parsed = listSchema.safeParse(JSON.parse(text))
    return parsed.success ? { commit: parsed.data.sha, siblings: parsed.data.siblings } : null
  } catch {
    return null
  }
}

function choose(
  commit: string,
  siblings: readonly unknown[],
  { repository, files }: Pick<ModelSource, 'repository' | 'files'>
): Result<Listed, ContractError> {
  const matchers = files.map(matcherOf)
  const matched = files.map(() => false)
  const chosen = new Map<string, HubFile>()
  for (const sibling of siblings) {
    const named = z.object({ rfilename: z.string() }).safeParse(sibling)
    if (!named.success) continue
    const name = named.data.rfilename
    let isWanted = false
    matchers.forEach((matches, index) => {
      if (!matches(name)) return
      isWanted = true
      matched[index] = true
    })
    if (!isWanted) continue
    if (!isPlainPath(name))
      return refused(`${repository} has a file whose name is not safe. Nothing was fetched.`)
    const file = fileSchema.safeParse(sibling)
    if (!file.success) return refused(`${repository} does not say the size and checksum of ${name}.`)
    const { size, blobId, lfs } = file.data
    chosen.set(
      name,
      lfs
        ? { name, sizeBytes: lfs.size, etag: lfs.sha256, hash: 'sha256' }
        : { name, sizeBytes: size, etag: blobId, hash: 'git-sha1' }
    )
  }
  const missing = files.filter((_, index) => !matched[index])
  if (missing.length > 0) {
    const message = `${repository} has no file ${missing.slice(0, 5).join(', ')}. Look at its list of files there.`
    return err({ code: 'not-found', message })
  }
  if (chosen.size > MOST_FILES)
    return refused(`That would be ${chosen.size} files; at most ${MOST_FILES} are fetched at once.`)
  return ok({ commit, files: [...chosen.values()] })
}

const refused = (message: string): Result<never, ContractError> => err({ code: 'refused', message })
