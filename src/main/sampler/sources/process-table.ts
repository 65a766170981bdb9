import fs from 'node:fs'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'
import { parseCgroup, parseCommandLine } from './process-facts.parse.ts'
import { fromStat, listPids, readStatus } from './process-reader.ts'
import { parseProcessStat, type ProcessStat } from './process-stat.parse.ts'
import { readDescriptor, readOnce } from './read-once.ts'

/** Quiet processes take turns: each one's stat is read at every 4th scan. Bounds how old a figure can be. */
const QUIET_TURNS = 4
/** At least this big is read at every scan: 64 MiB is half a percent of the smallest machine worth guarding. */
const BIG_BYTES = 64 * 1024 * 1024
/** From this size on, a process that ran or changed size has its status (anonymous, shared, file) read at once. */
const TOP_BYTES = 16 * 1024 * 1024
/** A change of resident size that makes the last status of a smaller one worthless too. */
const STATUS_CHANGE_BYTES = 4 * 1024 * 1024
/** Whatever happens, everyone's status is read again within so many scans. */
const STATUS_TURNS = 64
/** Status reads per scan at most, the largest first: 10 µs each. */
const MAX_STATUS_READS = 64
/** How long cgroup and command line stand: a process may be moved, or replace its program under one name. */
const FACTS_MAX_AGE_SCANS = 15
/** Descriptors of stat files kept open for processes read at every scan; opening costs twice the reading. */
const MAX_KEPT_DESCRIPTORS = 256

/** All processes, some fresher than others. */
export interface ProcessTable extends Disposable {
  /**
   * Scans once. New and ended processes are seen at once. stat: every scan for big, busy, growing and named
   * (`watched`) processes, else within 4 scans. status: at once for new processes, and for those from 16 MiB on
   * and watched ones that ran or changed; the rest when their size changed by 4 MiB, or within 64 scans; at most
   * 64 in a scan, the largest first. cgroup and command line: with status, when older than 15 scans or the name
   * changed.
   */
  scan(watched: ReadonlySet<number>): readonly ProcessInfo[]
}

interface Entry {
  info: ProcessInfo
  /** Changed at its last reading: read again at the next scan. */
  active: boolean
  fd: number | null
  seenInScan: number
  /** Ran or changed size since its status was read: what has not run holds what it held. */
  changed: boolean
  statusRssBytes: number
  statusScan: number
  factsScan: number
}

const NEVER = -1

export function processTable(procRoot: string, pageSizeBytes: number): ProcessTable {
  const entries = new Map<number, Entry>()
  let scanNumber = 0
  let keptDescriptors = 0

  const close = (entry: Entry): void => {
    if (entry.fd === null) return
    const fd = entry.fd
    entry.fd = null
    keptDescriptors--
    try {
      fs.closeSync(fd)
    } catch {
      // Gone either way.
    }
  }

  const readThroughDescriptor = (entry: Entry): ProcessStat | 'unknown' => {
    if (entry.fd === null) {
      if (keptDescriptors >= MAX_KEPT_DESCRIPTORS) return 'unknown'
      try {
        entry.fd = fs.openSync(`${procRoot}/${entry.info.pid}/stat`, 'r')
      } catch {
        return 'unknown'
      }
      keptDescriptors++
    }
    const bytes = readDescriptor(entry.fd)
    const stat = bytes === 'unknown' ? 'unknown' : parseProcessStat(bytes)
    // The descriptor belongs to a process that has ended; the number may be another's by now.
    if (stat === 'unknown') close(entry)
    return stat
  }

  const readFresh = (pid: number): ProcessStat | 'unknown' => {
    const bytes = readOnce(`${procRoot}/${pid}/stat`)
    return bytes === 'unknown' ? 'unknown' : parseProcessStat(bytes)
  }

  const add = (pid: number): void => {
    const stat = readFresh(pid)
    if (stat === 'unknown') return
    entries.set(pid, {
      info: fromStat(stat, pageSizeBytes),
      active: true,
      fd: null,
      seenInScan: scanNumber,
      changed: true,
      statusRssBytes: NEVER,
      statusScan: NEVER,
      factsScan: NEVER
    })
  }

  /** Reads stat again; false when the process is gone or another has its number. */
  const refresh = (entry: Entry, keepOpen: boolean): boolean => {
    if (!keepOpen) close(entry)
    const kept = keepOpen ? readThroughDescriptor(entry) : 'unknown'
    const stat = kept === 'unknown' ? readFresh(entry.info.pid) : kept
    const { info } = entry
    if (stat === 'unknown' || stat.startTicks !== info.startTicks) return false
    const rssBytes = stat.rssPages * pageSizeBytes
    entry.active = stat.cpuTicks !== info.cpuTicks || rssBytes !== info.rssBytes
    if (entry.active) entry.changed = true
    if (stat.name !== info.name) {
      entry.statusScan = NEVER
      entry.factsScan = NEVER
    }
    if (
      entry.active ||
      stat.name !== info.name ||
      stat.state !== info.state ||
      stat.parentPid !== info.parentPid
    ) {
      const { parentPid, processGroupId, name, state, cpuTicks } = stat
      entry.info = { ...info, parentPid, processGroupId, name, state, cpuTicks, rssBytes }
    }
    return true
  }

  const readDetails = (entry: Entry): void => {
    const { pid, rssBytes } = entry.info
    entry.statusScan = scanNumber
    entry.changed = false
    entry.statusRssBytes = rssBytes
    const status = readStatus(procRoot, pid)
    if (status === 'unknown') return
    let { cgroup, commandLine } = entry.info
    if (entry.factsScan === NEVER || scanNumber - entry.factsScan >= FACTS_MAX_AGE_SCANS) {
      entry.factsScan = scanNumber
      const cgroupBytes = readOnce(`${procRoot}/${pid}/cgroup`)
      if (cgroupBytes !== 'unknown') cgroup = parseCgroup(cgroupBytes)
      const commandBytes = readOnce(`${procRoot}/${pid}/cmdline`)
      if (commandBytes !== 'unknown') commandLine = parseCommandLine(commandBytes)
    }
    entry.info = { ...entry.info, ...status, cgroup, commandLine }
  }

  const forget = (pid: number, entry: Entry): void => {
    close(entry)
    entries.delete(pid)
  }

  const scanStats = (watched: ReadonlySet<number>): void => {
    for (const pid of listPids(procRoot)) {
      const entry = entries.get(pid)
      if (entry === undefined) {
        add(pid)
        continue
      }
      entry.seenInScan = scanNumber
      const everyScan = entry.active || entry.info.rssBytes >= BIG_BYTES || watched.has(pid)
      if (!everyScan && (pid + scanNumber) % QUIET_TURNS !== 0) continue
      if (!refresh(entry, everyScan)) {
        forget(pid, entry)
        add(pid)
      }
    }
    for (const [pid, entry] of entries) if (entry.seenInScan !== scanNumber) forget(pid, entry)
  }

  const wantsStatus = (entry: Entry, watched: ReadonlySet<number>): boolean => {
    const { pid, rssBytes } = entry.info
    // Kernel threads and zombies hold no memory and have no status worth reading.
    if (rssBytes === 0) return false
    if (entry.statusScan === NEVER || (pid + scanNumber) % STATUS_TURNS === 0) return true
    if (!entry.changed) return false
    const changedBytes = Math.abs(rssBytes - entry.statusRssBytes)
    return rssBytes >= TOP_BYTES || changedBytes >= STATUS_CHANGE_BYTES || watched.has(pid)
  }

  const scanStatuses = (watched: ReadonlySet<number>): void => {
    const wanting: Entry[] = []
    for (const entry of entries.values()) if (wantsStatus(entry, watched)) wanting.push(entry)
    if (wanting.length > MAX_STATUS_READS) wanting.sort((a, b) => b.info.rssBytes - a.info.rssBytes)
    for (const entry of wanting.slice(0, MAX_STATUS_READS)) readDetails(entry)
  }

  return {
    scan(watched) {
      scanNumber++
      scanStats(watched)
      scanStatuses(watched)
      return Array.from(entries.values(), (entry) => entry.info)
    },
    dispose() {
      for (const [pid, entry] of entries) forget(pid, entry)
    }
  }
}
