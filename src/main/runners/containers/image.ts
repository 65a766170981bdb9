import type { IncomingMessage } from 'node:http'
import type { ContractError } from '../../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { EngineClient, EngineFault } from './engine-client.ts'
import { faultInWords } from './fault-words.ts'
import { parseImageReference, type ImageReference } from './image-reference.ts'
import { createPullReader, type PullProgress } from './pull-progress.ts'

const INSPECT_TIMEOUT_MS = 10_000
/** Until the registry's first answer; a slow one takes seconds. */
const PULL_ANSWER_TIMEOUT_MS = 60_000
/** Layers are fetched and unpacked in parallel and told of every second or so; unpacking a large one takes minutes. */
const SILENCE_TIMEOUT_MS = 15 * 60_000

export function checkImageName(image: string): Result<ImageReference, ContractError> {
  const reference = parseImageReference(image)
  if (reference !== null) return ok(reference)
  const message = `'${image}' is no name of an image. Write it like nvcr.io/nvidia/vllm:26.05-py3.`
  return err({ code: 'bad-request', message })
}

/** Whether the engine has it. */
export async function hasImage(
  client: EngineClient,
  image: string,
  abort: AbortSignal
): Promise<Result<boolean, ContractError>> {
  const found = await client.json({ path: imagePath(image), timeoutMs: INSPECT_TIMEOUT_MS, abort })
  if (found.ok) return ok(true)
  return found.error.kind === 'refused' && found.error.status === 404
    ? ok(false)
    : err(faultInWords(`whether the image ${image} is here`, found.error))
}

/** Pulls an image; what stands in the way, or null. */
export async function pullImage(options: {
  readonly client: EngineClient
  readonly image: string
  readonly reference: ImageReference
  /** See registryAuth. */
  readonly login: string | null
  readonly abort: AbortSignal
  readonly onProgress: (progress: PullProgress) => void
}): Promise<ContractError | null> {
  const { client, image, reference, login, abort, onProgress } = options
  const answer = await client.stream({
    method: 'POST',
    path: '/images/create',
    query: pullQuery(reference),
    headers: login === null ? {} : { 'x-registry-auth': login },
    timeoutMs: PULL_ANSWER_TIMEOUT_MS,
    abort
  })
  if (!answer.ok) return pullProblem(image, reference, answer.error)
  const reader = createPullReader()
  const response = answer.value
  const silence = setTimeout(() => response.destroy(), SILENCE_TIMEOUT_MS)
  let isWhole = true
  try {
    for await (const line of linesOf(response)) {
      silence.refresh()
      reader.line(line)
      onProgress(reader.progress)
    }
    isWhole = response.complete
  } catch {
    isWhole = false
  } finally {
    clearTimeout(silence)
    response.destroy()
  }
  if (abort.aborted) return { code: 'disconnected', message: `Pulling ${image} was given up.` }
  if (reader.error !== null)
    return pullProblem(image, reference, { kind: 'refused', status: 0, text: reader.error })
  if (isWhole) return null
  return {
    code: 'runner-failed',
    message: `Pulling ${image} broke off. Start it again: what was fetched is kept.`
  }
}

/** A line of progress takes some hundred bytes; a longer one is no progress. */
const LONGEST_LINE = 65_536

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const chunk of response) {
    const lines = (rest + String(chunk)).split('\n')
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE)
    yield* lines
  }
  yield rest
}

const imagePath = (image: string): string => `/images/${image.split('/').map(encodePart).join('/')}/json`
/** '@' and ':' are part of the name, as engines read it from the path. */
const encodePart = (part: string): string =>
  encodeURIComponent(part).replaceAll('%40', '@').replaceAll('%3A', ':')

/** Without a tag, Docker would pull every tag there is. */
export const pullQuery = ({ repository, tag, digest }: ImageReference): Readonly<Record<string, string>> =>
  digest === null ? { fromImage: repository, tag: tag ?? 'latest' } : { fromImage: `${repository}@${digest}` }

function pullProblem(image: string, { registry }: ImageReference, fault: EngineFault): ContractError {
  if (fault.kind === 'aborted') return { code: 'disconnected', message: `Pulling ${image} was given up.` }
  if (fault.kind !== 'refused') return faultInWords(`for the image ${image}`, fault)
  const { text } = fault
  const login = `If it needs an account, log in first: docker login ${registry}.`
  if (/unauthori[sz]ed|authentication required|denied|forbidden/i.test(text)) {
    return {
      code: 'refused',
      message: `${registry} does not give out the image ${image}: ${sentence(text)} Check its name. ${login}`
    }
  }
  if (/not found|manifest unknown|name unknown|no such image|does not exist/i.test(text)) {
    return {
      code: 'not-found',
      message: `There is no image ${image}: ${sentence(text)} Check its name and tag. ${login}`
    }
  }
  if (/no space left/i.test(text)) {
    return {
      code: 'runner-failed',
      message: `The image ${image} does not fit on the disk. Free some space for the engine, then start it again.`
    }
  }
  if (/no such host|connection refused|timeout|timed out|network is unreachable|dial tcp/i.test(text)) {
    return {
      code: 'runner-failed',
      message: `${registry} cannot be reached for the image ${image}: ${sentence(text)} Check the network, then start it again.`
    }
  }
  return { code: 'runner-failed', message: `The image ${image} could not be pulled: ${sentence(text)}` }
}

const LONGEST_REASON = 300
/** The engine's own words, cut and ended like a sentence. */
const sentence = (text: string): string =>
  `${text
    .trim()
    .slice(0, LONGEST_REASON)
    .replace(/[.\s]+$/, '')}.`
