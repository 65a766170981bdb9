import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** What decides whether a process's score may be raised. */
export interface ProcessFacts {
  readonly startTicks: number
  readonly isKernelThread: boolean
  /** A pid may also name one thread of a process. */
  readonly isThreadOfAnother: boolean
  /** comm and, where it can be told, the base name of the executable. */
  readonly names: readonly string[]
  readonly cgroupPaths: readonly string[]
  readonly computesOnGpu: boolean
  readonly oomScoreAdj: number
}

/** PF_KTHREAD of include/linux/sched.h. */
const KERNEL_THREAD_FLAG = 0x0020_0000

/** Opened by CUDA and by ROCm to compute; a display server that only draws opens neither. */
const COMPUTE_DEVICES: ReadonlySet<string> = new Set(['/dev/nvidia-uvm', '/dev/kfd'])

/** `folder` is the process's own folder in /proc. Throws where it has ended or the text is not the kernel's. */
export function readProcessFacts(folder: string, pid: number): ProcessFacts {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const stat = read('stat')
  // The name in field 2 may hold anything; it ends at the last ')'. Field 3 follows.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .trim()
    .split(' ')
  const flags = Number(fields[9 - 3])
  const startTicks = Number(fields[22 - 3])
  const threadGroup = Number(/^Tgid:\s*(\d+)$/m.exec(read('status'))?.[1])
  const oomScoreAdj = Number(read('oom_score_adj'))
  if (![flags, startTicks, threadGroup, oomScoreAdj].every(Number.isInteger)) {
    throw new Error(`what the kernel says of process ${pid} is not understood`)
  }
  return {
    startTicks,
    isKernelThread: (flags & KERNEL_THREAD_FLAG) !== 0,
    isThreadOfAnother: threadGroup !== pid,
    names: [read('comm').trim(), executableName(folder)].filter((name) => name !== ''),
    cgroupPaths: cgroupPaths(read('cgroup')),
    computesOnGpu: openFiles(folder).some((path) => COMPUTE_DEVICES.has(path)),
    oomScoreAdj
  }
}

function executableName(folder: string): string {
  const path = link(join(folder, 'exe')) ?? ''
  return path.slice(path.lastIndexOf('/') + 1).replace(/ \(deleted\)$/, '')
}

/** Version 2 and systemd's own hierarchy; controllers of version 1 repeat one of them. */
const cgroupPaths = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => /^(?:0::|\d+:name=systemd:)(\/.*)$/.exec(line)?.[1] ?? [])

function openFiles(folder: string): readonly string[] {
  const descriptors = join(folder, 'fd')
  return readdirSync(descriptors).flatMap((name) => link(join(descriptors, name)) ?? [])
}

function link(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
