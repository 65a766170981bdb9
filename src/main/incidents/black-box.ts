import { closeSync, openSync, readFileSync, readSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { decodeBlackBox, type BlackBoxContent } from '../../shared/domain/black-box/decode.ts'
import { CLEAN_END } from '../../shared/domain/black-box/encode.ts'
import { HEADER } from '../../shared/domain/black-box/layout.ts'
import type { Incident } from '../../shared/model/guard.ts'
import type { Clock, Logger } from '../platform/ports.ts'
import { trimCurve } from './curve.ts'
import { diedStory, isTroubled, stoppedStory } from './last-minutes.ts'

/** Field 22 of /proc/PID/stat, counted after the name in parentheses (which is field 2). */
const START_TICKS_AFTER_NAME = 19

export interface BlackBoxPorts {
  readonly path: string
  readonly procRoot: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * What the boxes of earlier runs tell, oldest first: none for one that ended in good order or is still being written.
 *
 * A box that was read is renamed to *.read, so that it is told once; a sentinel that began anew before it was read
 * has left it as *.previous.
 */
export function readBlackBoxes(ports: BlackBoxPorts): readonly Incident[] {
  return [
    { path: `${ports.path}.previous`, coreToo: false },
    { path: ports.path, coreToo: true }
  ].flatMap(({ path, coreToo }) => readOne(path, coreToo, ports) ?? [])
}

function readOne(path: string, coreToo: boolean, ports: BlackBoxPorts): Incident | null {
  const box = decode(path, ports.logger)
  if (box === null || box.endedCleanly || isWritten(box, ports.procRoot)) return null
  try {
    renameSync(path, `${ports.path}.read`)
  } catch (error) {
    // Told now, it would be told at every start.
    ports.logger.error(`the black box ${path} cannot be marked as read, so it is not told of`, error)
    return null
  }
  return incidentOf(box, coreToo, ports)
}

function incidentOf(box: BlackBoxContent, coreToo: boolean, ports: BlackBoxPorts): Incident | null {
  const last = box.points.at(-1)
  if (last === undefined) return null
  const curve = trimCurve(box.points, last.atMs)
  const { memTotalBytes } = last
  const nowMs = ports.clock.nowMs()
  const isSameBoot = box.bootId === bootId(ports.procRoot)
  // A process that ends without memory being short is no matter of memory.
  if (isSameBoot && !isTroubled(curve, memTotalBytes)) return null
  const kind = isSameBoot ? 'guard-died' : 'stopped-answering'
  return {
    id: `${isSameBoot ? 'guard-died' : 'stopped'}-${Math.round(last.atMs)}`,
    atMs: last.atMs,
    kind,
    ...(isSameBoot ? diedStory(curve, nowMs, coreToo) : stoppedStory(curve, nowMs, memTotalBytes)),
    runnerId: null,
    events: [],
    curve
  }
}

function decode(path: string, logger: Logger): BlackBoxContent | null {
  try {
    // The usual case costs a page: a whole box takes 20 MiB while it is taken apart.
    return hasEnded(path) ? null : decodeBlackBox(readFileSync(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      logger.warn(
        `the black box ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`
      )
    }
    return null
  }
}

/** In good order, by its header. */
function hasEnded(path: string): boolean {
  const fd = openSync(path, 'r')
  try {
    const ended = Buffer.alloc(CLEAN_END.length)
    readSync(fd, ended, 0, ended.length, HEADER.ended)
    return ended.equals(CLEAN_END)
  } finally {
    closeSync(fd)
  }
}

const bootId = (procRoot: string): string => readOr(join(procRoot, 'sys/kernel/random/boot_id')).trim()

/** Its sentinel still lives, so nothing has ended: it guards on after a crash of the core. */
function isWritten(box: BlackBoxContent, procRoot: string): boolean {
  if (box.bootId !== bootId(procRoot)) return false
  const stat = readOr(join(procRoot, String(box.sentinelPid), 'stat'))
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return false
  return Number(fields[START_TICKS_AFTER_NAME - 1]) === box.sentinelStartTicks
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
