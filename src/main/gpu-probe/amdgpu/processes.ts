import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { GpuProcess } from '../../../shared/model/gpu.ts'
import { parseFdinfo, type DrmClient } from './fdinfo.parse.ts'

const namesIn = (path: string): string[] => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

const isGpuDescriptor = (path: string): boolean => {
  try {
    const target = readlinkSync(path)
    return target.startsWith('/dev/dri/') || target === '/dev/kfd'
  } catch {
    return false
  }
}

const clientAt = (path: string): DrmClient | null => {
  try {
    return parseFdinfo(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/**
 * GPU memory by process from /proc/PID/fdinfo: GTT (which comes out of MemTotal) or VRAM, as `region` says.
 *
 * Copies of a descriptor, in one process or inherited by another, tell of one client: it counts once, for the lowest
 * pid. Processes of other users cannot be looked into and are left out. A process whose kernel tells no figure for
 * its client is 'unknown'. Every descriptor of every process is looked at, so not for every reading.
 */
export function readAmdProcesses(procRoot: string, region: 'gtt' | 'vram'): GpuProcess[] {
  const seen = new Set<string>()
  const found: GpuProcess[] = []
  const pids = namesIn(procRoot)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b)
  for (const pid of pids) {
    const own = newClients(join(procRoot, String(pid)), seen)
    if (own.length === 0) continue
    const figures = own.map((client) => (region === 'gtt' ? client.gttBytes : client.vramBytes))
    const known = figures.filter((bytes) => bytes !== null)
    const complete = known.length === figures.length
    found.push({ pid, bytes: complete ? known.reduce((sum, bytes) => sum + bytes, 0) : 'unknown' })
  }
  return found
}

/** The amdgpu clients of one process that no process before it had; adds them to `seen`. */
function newClients(path: string, seen: Set<string>): DrmClient[] {
  const clients: DrmClient[] = []
  for (const fd of namesIn(join(path, 'fd'))) {
    if (!isGpuDescriptor(join(path, 'fd', fd))) continue
    const client = clientAt(join(path, 'fdinfo', fd))
    if (client === null || seen.has(client.key)) continue
    seen.add(client.key)
    clients.push(client)
  }
  return clients
}
