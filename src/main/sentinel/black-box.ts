import fs from 'node:fs'
import process from 'node:process'
import { CLEAN_END, encodeHeader, encodeLabel, encodeRecord } from '../../shared/domain/black-box/encode.ts'
import {
  HEADER,
  HEADER_BYTES,
  HOLDERS_PER_RECORD,
  LABEL_SLOT_BYTES,
  LABEL_SLOTS,
  RECORD_BYTES,
  RECORDS_AT
} from '../../shared/domain/black-box/layout.ts'
import type { GuardReading } from '../../shared/model/guard.ts'
import type { GuardLevel } from '../../shared/model/status.ts'
import { statOf } from './process-handle.ts'
import type { Holder } from './protocol.ts'

/** 15 minutes at the fastest pace of 40 a second, an hour at rest: 4.4 MiB on disk. */
const CAPACITY = 36_000
/** What may wait while the disk does not answer: 50 s at the fastest pace. Untouched pages take no memory. */
const STAGED_RECORDS = 2_000
/** A sentinel that is killed loses at most this and the time of one write. A write costs 0.1 ms of a processor. */
const FLUSH_EVERY_MS = 300
/** A flat line is no loss; with the first reading that moves it is written with what came before. */
const FLUSH_AT_REST_MS = 4_000
/** Memory that has moved by less than this share of it since the last write rests: 120 MiB of 121.7 GiB. */
const REST_SHARE = 1 / 1024
/** Power loss costs at most this: a flush of the disk while memory is short, far fewer at rest. */
const SYNC_EVERY_MS = 1_000
const SYNC_AT_REST_MS = 10_000
const ZEROS = 256 * 1024
const OWNER_ONLY = 0o600
/** A new file each time: never through a link somebody else has laid. */
const OPEN_FLAGS = fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC | fs.constants.O_NOFOLLOW

/** The last minutes on disk, for whoever starts next. Nothing here waits for the disk or fails because of it. */
export interface BlackBox {
  /** Begins a file; the same path again goes on with it; null: none any more. */
  open(path: string | null): void
  holders(holders: readonly Holder[]): void
  add(atMs: number, monotonicMs: number, reading: GuardReading, level: GuardLevel): void
  /** For people: why it is not written; empty when all is well. */
  notes(): readonly string[]
  /** Writes what waits and the mark of a good end. Synchronous: it is the last thing done. */
  close(): void
}

type State = 'none' | 'opening' | 'ready'

function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return ''
  }
}

/** A file that did not end in good order is somebody's evidence: it is kept beside until the next one. */
function keepUnfinished(path: string): void {
  try {
    const fd = fs.openSync(path, 'r')
    const ended = Buffer.alloc(CLEAN_END.length)
    fs.readSync(fd, ended, 0, ended.length, HEADER.ended)
    fs.closeSync(fd)
    if (!ended.equals(CLEAN_END)) fs.renameSync(path, `${path}.previous`)
  } catch {
    // There is none.
  }
}

export function createBlackBox(): BlackBox {
  let state: State = 'none'
  let path: string | null = null
  let fd = -1
  let busy = false
  let errors = 0
  let lastError = ''
  let dropped = 0
  let sequence = 0
  let flushedMs = 0
  let flushedBytes = 0
  let syncedMs = 0
  let atRest = true
  let current: { readonly hash: number; readonly bytes: number }[] = []
  let nextLabel = 0
  let labels = new Map<number, Uint8Array>()
  let dirtyLabels = false
  const table = Buffer.alloc(LABEL_SLOTS * LABEL_SLOT_BYTES)
  // One is filled while the other is being written.
  let filling = Buffer.allocUnsafeSlow(STAGED_RECORDS * RECORD_BYTES)
  let writing = Buffer.allocUnsafeSlow(STAGED_RECORDS * RECORD_BYTES)
  let staged = 0

  const failed = (error: Error): void => {
    errors++
    lastError = error.message
  }

  const sync = (nowMs: number, done: () => void): void => {
    if (nowMs - syncedMs < (atRest ? SYNC_AT_REST_MS : SYNC_EVERY_MS)) return done()
    syncedMs = nowMs
    fs.fdatasync(fd, (error) => {
      if (error !== null) failed(error)
      done()
    })
  }

  /** Where the ring ends a run of records goes on at its begin. */
  const writeRecords = (firstSequence: number, count: number, from: number, done: () => void): void => {
    if (count === 0) return done()
    const slot = (firstSequence - 1) % CAPACITY
    const now = Math.min(count, CAPACITY - slot)
    const bytes = now * RECORD_BYTES
    fs.write(fd, writing, from, bytes, RECORDS_AT + slot * RECORD_BYTES, (error) => {
      if (error !== null) failed(error)
      writeRecords(firstSequence + now, count - now, from + bytes, done)
    })
  }

  const flush = (nowMs: number, availableBytes: number): void => {
    if (state !== 'ready' || busy || staged === 0) return
    busy = true
    flushedMs = nowMs
    flushedBytes = availableBytes
    const count = staged
    const first = sequence - count + 1
    ;[filling, writing] = [writing, filling]
    staged = 0
    const records = (): void =>
      writeRecords(first, count, 0, () =>
        sync(nowMs, () => {
          busy = false
        })
      )
    if (!dirtyLabels) return records()
    dirtyLabels = false
    fs.write(fd, Buffer.from(table), 0, table.length, HEADER_BYTES, (error) => {
      if (error !== null) failed(error)
      records()
    })
  }

  const prepare = (opened: number): void => {
    const size = RECORDS_AT + CAPACITY * RECORD_BYTES
    const zeros = Buffer.alloc(ZEROS)
    const header = encodeHeader({
      bootId: bootId(),
      capacity: CAPACITY,
      sentinelPid: process.pid,
      sentinelStartTicks: statOf(process.pid)?.startTicks ?? 0,
      openedAtMs: Date.now()
    })
    const fill = (at: number): void => {
      if (fd !== opened) return
      if (at >= size) {
        fs.write(opened, header, 0, header.length, 0, (error) => {
          if (error !== null) failed(error)
          if (fd === opened) state = 'ready'
        })
        return
      }
      fs.write(opened, zeros, 0, Math.min(ZEROS, size - at), at, (error) => {
        if (error === null) return fill(at + ZEROS)
        failed(error)
      })
    }
    fill(0)
  }

  const closeFile = (): void => {
    const closing = fd
    fd = -1
    state = 'none'
    path = null
    if (closing >= 0) fs.close(closing, () => undefined)
  }

  return {
    open(wanted) {
      if (wanted === path && state !== 'none') return
      closeFile()
      if (wanted === null) return
      path = wanted
      try {
        keepUnfinished(wanted)
        fd = fs.openSync(wanted, OPEN_FLAGS, OWNER_ONLY)
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)))
        return
      }
      state = 'opening'
      sequence = 0
      staged = 0
      dirtyLabels = true
      prepare(fd)
    },
    holders(holders) {
      current = holders
        .toSorted((a, b) => b.bytes - a.bytes)
        .slice(0, HOLDERS_PER_RECORD)
        .map(({ label, bytes }) => {
          const { hash, slot } = encodeLabel(Buffer.from(label))
          if (!labels.has(hash)) {
            const at = nextLabel++ % LABEL_SLOTS
            if (labels.size >= LABEL_SLOTS) labels = new Map([...labels].slice(1))
            labels.set(hash, slot)
            table.set(slot, at * LABEL_SLOT_BYTES)
            dirtyLabels = true
          }
          return { hash, bytes }
        })
    },
    add(atMs, monotonicMs, reading, level) {
      if (state === 'none') return
      if (staged === STAGED_RECORDS) {
        dropped++
        return
      }
      sequence++
      const { availableBytes, memTotalBytes, stallSomeUs, stallFullUs } = reading
      const movedBytes = Math.abs(availableBytes - flushedBytes)
      atRest = level === 'calm' && movedBytes < memTotalBytes * REST_SHARE
      encodeRecord(
        filling,
        staged * RECORD_BYTES,
        { sequence, atMs, monotonicMs, availableBytes, memTotalBytes, stallSomeUs, stallFullUs, level },
        current
      )
      staged++
      if (monotonicMs - flushedMs >= (atRest ? FLUSH_AT_REST_MS : FLUSH_EVERY_MS)) {
        flush(monotonicMs, availableBytes)
      }
    },
    notes() {
      if (errors === 0 && dropped === 0) return []
      const why = lastError === '' ? 'the disk does not keep up' : lastError
      return [`The black box has gaps (${why}); after a crash its last minutes may be missing.`]
    },
    close() {
      if (state !== 'ready') return closeFile()
      try {
        const slot = (sequence - staged) % CAPACITY
        const now = Math.min(staged, CAPACITY - slot) * RECORD_BYTES
        fs.writeSync(fd, filling, 0, now, RECORDS_AT + slot * RECORD_BYTES)
        fs.writeSync(fd, filling, now, staged * RECORD_BYTES - now, RECORDS_AT)
        fs.writeSync(fd, CLEAN_END, 0, CLEAN_END.length, HEADER.ended)
      } catch (error) {
        failed(error instanceof Error ? error : new Error(String(error)))
      }
      closeFile()
    }
  }
}
