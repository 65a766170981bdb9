import { createWriteStream, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { disposable, type Disposable } from '../../../shared/util/disposable.ts'
import type { Logger } from '../../platform/ports.ts'
import { pause } from '../supervisor/pause.ts'
import type { EngineClient } from './engine-client.ts'
import { member } from './json.ts'
import { createLogFrames } from './log-frames.ts'

const INSPECT_TIMEOUT_MS = 10_000
/** An engine that is restarted while its containers go on is back within seconds. */
const AGAIN_AFTER_MS = 2_000
/** Logs may hold prompts. */
const FILE_MODE = 0o600

export interface LogFollowing extends Disposable {
  /** Settles when there is no more to come: the container has ended or is gone, or this was disposed. */
  readonly done: Promise<void>
}

/**
 * Copies a container's output to the end of a file, also past a restart of its engine. What is read waits for what is
 * written, so a flood of output is held by the engine and not here.
 */
export function followLog(options: {
  readonly client: EngineClient
  readonly id: string
  readonly path: string
  /** Wall clock; null = from the beginning. */
  readonly sinceMs: number | null
  readonly logger: Logger
}): LogFollowing {
  const { client, id, path, logger } = options
  const ending = new AbortController()
  const abort = ending.signal
  let isWarned = false
  const warn = (what: string): void => {
    if (!isWarned && !abort.aborted) logger.warn(`the output of container ${id.slice(0, 12)}: ${what}`)
    isWarned = true
  }

  const copy = async (sinceMs: number | null): Promise<void> => {
    const answer = await client.stream({
      path: `/containers/${id}/logs`,
      query: {
        follow: '1',
        stdout: '1',
        stderr: '1',
        ...(sinceMs === null ? {} : { since: (sinceMs / 1000).toFixed(3) })
      },
      // Podman answers with the first line, which may come tomorrow.
      timeoutMs: null,
      abort
    })
    if (!answer.ok) return warn(answer.error.text)
    try {
      const file = createWriteStream(path, { flags: 'a', mode: FILE_MODE })
      await pipeline(answer.value, createLogFrames(), file, { signal: abort })
    } catch (error) {
      warn(error instanceof Error ? error.message : String(error))
    }
  }

  /** Null: the engine does not say. */
  const isRunning = async (): Promise<boolean | null> => {
    const found = await client.json({
      path: `/containers/${id}/json`,
      timeoutMs: INSPECT_TIMEOUT_MS,
      abort
    })
    if (!found.ok) return found.error.kind === 'refused' ? false : null
    return member(member(found.value, 'State'), 'Running') === true
  }

  const follow = async (): Promise<void> => {
    let since = options.sinceMs
    for (;;) {
      await copy(since)
      if (abort.aborted || (await isRunning()) === false) return
      if (!(await pause(AGAIN_AFTER_MS, abort))) return
      since = lastWrittenMs(path)
    }
  }
  return { done: follow(), ...disposable(() => ending.abort()) }
}

/** When the log got its last line: what was said since then is missing in it. Null where there is no log yet. */
export const lastWrittenMs = (path: string): number | null =>
  statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null
