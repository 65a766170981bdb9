import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { disposable, type Disposable } from '../../../shared/util/disposable.ts'
import type { Logger } from '../../platform/ports.ts'
import type { EngineClient } from './engine-client.ts'
import { createLogFrames } from './log-frames.ts'

const ANSWER_TIMEOUT_MS = 10_000
/** Logs may hold prompts. */
const FILE_MODE = 0o600

export interface LogFollowing extends Disposable {
  /** Settles when there is no more to come: the container ended, the engine is gone, or this was disposed. */
  readonly done: Promise<void>
}

/**
 * Copies a container's output to the end of a file. What is read waits for what is written, so a flood of output
 * is held by the engine and not here.
 */
export function followLog(options: {
  readonly client: EngineClient
  readonly id: string
  readonly path: string
  /** Wall clock; null = from the beginning. */
  readonly sinceMs: number | null
  readonly logger: Logger
}): LogFollowing {
  const { client, id, path, sinceMs, logger } = options
  const ending = new AbortController()
  const copy = async (): Promise<void> => {
    const answer = await client.stream({
      path: `/containers/${id}/logs`,
      query: {
        follow: '1',
        stdout: '1',
        stderr: '1',
        ...(sinceMs === null ? {} : { since: (sinceMs / 1000).toFixed(3) })
      },
      timeoutMs: ANSWER_TIMEOUT_MS,
      abort: ending.signal
    })
    if (!answer.ok) {
      if (answer.error.kind !== 'aborted') logger.warn(`no output of container ${id}: ${answer.error.text}`)
      return
    }
    try {
      const file = createWriteStream(path, { flags: 'a', mode: FILE_MODE })
      await pipeline(answer.value, createLogFrames(), file, { signal: ending.signal })
    } catch (error) {
      if (!ending.signal.aborted)
        logger.warn(
          `the output of container ${id} broke off: ${error instanceof Error ? error.message : error}`
        )
    }
  }
  return { done: copy(), ...disposable(() => ending.abort()) }
}
