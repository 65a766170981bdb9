import { join } from 'node:path'
import type { FoundRunner, RunnerBytes } from '../../../shared/model/runner.ts'
import { orZero } from '../../../shared/model/reading.ts'
import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { plainText } from '../../../shared/util/plain-text.ts'
import { containerIdOf } from '../supervisor/container-cgroup.ts'
import { MARK_VARIABLE, markStem } from '../supervisor/environment-mark.ts'
import { isAlive } from '../supervisor/identity.ts'
import { redactArgs } from '../supervisor/redact.ts'
import { pidsInCgroup } from '../supervisor/unit-members.ts'
import { groupRunners, type Group, type Match } from './groups.ts'
import type { LeftoverMemory } from './leftovers.ts'
import { chooseListener, parseListeners, urlAt, type Listener } from './listening.ts'
import { originOf, type Origin } from './origin.ts'
import { nameOfProgram } from './program-name.ts'
import { maySignal, problemOf } from './problem.ts'
import type { ProcessFiles } from './process-files.ts'
import { recogniseRunner } from './recognise.ts'
import type { DiscoveryPorts } from './types.ts'
import { MS_PER_TICK, uptimeMs } from './uptime.ts'

/** A runner of ours looks at its processes every second; one of their children that it still does not count is not its own. */
const LISTED_AFTER_MS = 5_000

/** One found runner with what only this core needs to know of it. */
export interface Sighting {
  readonly found: FoundRunner
  readonly root: ProcessInfo
  readonly members: readonly ProcessInfo[]
  readonly origin: Origin
  /** As it is, secrets included: for a profile, never for showing. */
  readonly rawCommandLine: readonly string[]
  /** Where its relative paths begin; null where that may not be read. */
  readonly workingDir: string | null
  readonly program: string | null
}

/** One look at every process of this machine. */
export async function lookAround(
  ports: DiscoveryPorts,
  files: ProcessFiles,
  memory: LeftoverMemory
): Promise<readonly Sighting[]> {
  const { machine, clock, adapters } = ports
  const nowMs = clock.monotonicMs()
  const own = ports.ownPids()
  const processes = machine.processes().filter(isAlive)
  files.keepOnly(processes)
  const upMs = uptimeMs(ports.places.procRoot)
  const isNew = ({ startTicks }: ProcessInfo): boolean =>
    upMs === null || upMs - startTicks * MS_PER_TICK < LISTED_AFTER_MS
  // A child that a runner of ours has just made is not in its list yet; what the core itself starts is.
  const isOwn = (one: ProcessInfo): boolean =>
    own.has(one.pid) || (one.parentPid !== process.pid && own.has(one.parentPid) && isNew(one))
  const foreign = processes.filter((one) => one.pid > 2 && one.parentPid !== 2 && !isOwn(one))
  const matches = new Map<number, Match>()
  const containers = new Map<number, string>()
  const commandLines = new Map<number, readonly string[]>()
  /** Runners of ours, by id, that have ended and of which these processes are left. */
  const ownLeft = new Map<number, string>()
  const nameOf = (process: ProcessInfo): string => nameOfProgram(process.name, commandLines.get(process.pid))
  for (const process of foreign) {
    const commandLine = await files.commandLine(process, nowMs)
    if (commandLine === null) continue
    commandLines.set(process.pid, commandLine)
    const match = recogniseRunner(adapters, commandLine)
    if (match === null) continue
    const mark = await markOf(files, process.pid)
    if (isNobodyElses(ports, mark)) matches.set(process.pid, match)
    const id = ownIdOf(ports, mark)
    if (id !== null) ownLeft.set(process.pid, id)
  }
  for (const process of matches.size === 0 ? [] : foreign) {
    const id = containerIdOf((await files.cgroup(process, nowMs)) ?? '')
    if (id !== null) containers.set(process.pid, id)
  }
  const groups = groupRunners(foreign, matches, containers, nameOf)
  const taken = new Set(groups.flatMap(({ members }) => members.map(({ pid }) => pid)))
  const bytesOf = (pid: number): number =>
    orZero(machine.gpuBytes(pid)) + (machine.hostBytes(pid)?.anonAndShmemBytes ?? 0)
  const isFree = (one: ProcessInfo): boolean => !isOwn(one) && !taken.has(one.pid) && !containers.has(one.pid)
  const leftovers = memory.find(processes, isFree, bytesOf)
  memory.remember(groups)
  const tables = await Promise.all([files.socketTable('tcp'), files.socketTable('tcp6')])
  const listeners = new Map(tables.flatMap((table) => [...parseListeners(table)]))
  const tell = (group: Group, leftBy: string | null, isLeftover: boolean): Promise<Sighting> =>
    sight(ports, files, processes, listeners, {
      group,
      leftBy,
      isLeftover,
      commandLine: commandLines.get(group.root.pid) ?? [group.root.name]
    })
  const sightings: Sighting[] = []
  for (const group of groups) {
    const leftBy = ownLeft.get(group.root.pid) ?? memory.leftBy(group.root)
    sightings.push(await tell(group, leftBy, false))
  }
  for (const { root, members, kind, leftBy } of leftovers) {
    const mark = await markOf(files, root.pid)
    if (!isNobodyElses(ports, mark)) continue
    const says = { model: null, port: null, url: null }
    const group = { kind, says, root, name: nameOf(root), members, containerId: null }
    sightings.push(await tell(group, leftBy ?? ownIdOf(ports, mark), true))
  }
  return sightings
}

/** What a Firebreak that started a process has written into its environment: 'ID:FOLDER:RUN'. */
async function markOf(files: ProcessFiles, pid: number): Promise<string | null> {
  const start = `${MARK_VARIABLE}=`
  return (await files.environment(pid)).find((entry) => entry.startsWith(start))?.slice(start.length) ?? null
}

/** The runner of ours that started it; null where none did. */
function ownIdOf({ places }: DiscoveryPorts, mark: string | null): string | null {
  const at = mark?.indexOf(markStem('', places.dataDir)) ?? -1
  return at < 0 ? null : (mark?.slice(0, at) ?? null)
}

/** False for what a live runner of ours, or another Firebreak, has started: it is in a list already. */
function isNobodyElses(ports: DiscoveryPorts, mark: string | null): boolean {
  if (mark === null) return true
  const id = ownIdOf(ports, mark)
  return id !== null && !ports.activeIds().has(id)
}

async function sight(
  ports: DiscoveryPorts,
  files: ProcessFiles,
  processes: readonly ProcessInfo[],
  listeners: ReadonlyMap<string, Listener>,
  seen: {
    readonly group: Group
    readonly leftBy: string | null
    readonly isLeftover: boolean
    readonly commandLine: readonly string[]
  }
): Promise<Sighting> {
  const { group, leftBy, isLeftover, commandLine } = seen
  const { root, members, kind, says } = group
  const [cgroup, hasTerminal, workingDir, program, userId] = await Promise.all([
    files.cgroup(root, ports.clock.monotonicMs()),
    files.hasTerminal(root.pid),
    files.link(root.pid, 'cwd'),
    files.link(root.pid, 'exe'),
    files.userId(root.pid)
  ])
  const parentName = processes.find(({ pid }) => pid === root.parentPid)?.name ?? null
  const origin = originOf({
    cgroup,
    hasTerminal,
    parentName,
    memberPids: new Set(members.map(({ pid }) => pid)),
    pidsIn: (path) => pidsInCgroup(ports.places.sysRoot, path)
  })
  const { containerId } = origin
  const containers = containerId === null ? null : ports.containers
  const listener =
    containerId === null || (await sharesNetwork(files, root.pid))
      ? await listenerOf(files, members, listeners, says.port, ports.adapters[kind].defaultPort)
      : await publishedPort(ports, containerId, says.port)
  const containerName =
    containers === null || containerId === null ? null : await containers.name(containerId)
  const port = listener?.port ?? (containerId === null ? says.port : null)
  const url = listener === null ? (port === null ? null : says.url) : urlAt(says.url, listener)
  const found: FoundRunner = {
    pid: root.pid,
    startTicks: root.startTicks,
    kind,
    label: labelOf(group, isLeftover, leftBy),
    model: says.model === null ? null : plainText(says.model),
    port,
    url,
    pids: members.map(({ pid }) => pid),
    bytes: bytesOfAll(ports, members),
    startedBy: origin.startedBy,
    startedByName: containerName ?? origin.name,
    containerId,
    commandLine: redactArgs(commandLine).map(plainText),
    problem: problemOf({
      maySignal,
      root,
      members,
      origin,
      userId,
      protectedNames: ports.settings().guard.protectedNames,
      engineStops: containerName !== null
    })
  }
  return { found, root, members, origin, rawCommandLine: commandLine, workingDir, program }
}

/** Whether the sockets that /proc/net lists for us are its own, too; a container usually has a network of its own. */
async function sharesNetwork(files: ProcessFiles, pid: number): Promise<boolean> {
  const [theirs, ours] = await Promise.all([files.link(pid, 'ns/net'), files.link(process.pid, 'ns/net')])
  return theirs !== null && theirs === ours
}

async function listenerOf(
  files: ProcessFiles,
  members: readonly ProcessInfo[],
  listeners: ReadonlyMap<string, Listener>,
  named: number | null,
  usual: number
): Promise<Listener | null> {
  const held: Listener[] = []
  for (const { pid } of members) {
    for (const inode of (await files.socketInodes(pid)) ?? []) {
      const listener = listeners.get(inode)
      if (listener !== undefined) held.push(listener)
    }
  }
  return chooseListener(held, named, usual)
}

async function publishedPort(
  { containers }: DiscoveryPorts,
  containerId: string,
  inside: number | null
): Promise<Listener | null> {
  if (containers === null || inside === null) return null
  const port = await containers.hostPort(containerId, inside)
  return port === null ? null : { port, host: '127.0.0.1' }
}

function bytesOfAll({ machine }: DiscoveryPorts, members: readonly ProcessInfo[]): RunnerBytes {
  const bytes = { gpuBytes: 0, hostBytes: 0, fileBytes: 0 }
  for (const { pid } of members) {
    const host = machine.hostBytes(pid)
    bytes.gpuBytes += orZero(machine.gpuBytes(pid))
    bytes.hostBytes += host?.anonAndShmemBytes ?? 0
    bytes.fileBytes += host?.fileBytes ?? 0
  }
  return bytes
}

/** The model as people call it; for what was left behind, whose it was. */
function labelOf({ kind, says, name: program }: Group, isLeftover: boolean, leftBy: string | null): string {
  const name = isLeftover ? program : modelLabel(says.model)
  const what = plainText(name ?? RUNNER_SPECS[kind].name) || RUNNER_SPECS[kind].name
  if (leftBy !== null) return plainText(`${what}, left behind by ${leftBy}`)
  return isLeftover ? `${what}, left behind by a program that has ended` : what
}

/** 'qwen3-8b-q4_k_m' of a file, 'owner/name' of a repository. */
export function modelLabel(model: string | null): string | null {
  if (model === null || model === '') return null
  const isPath = model.startsWith('/') || model.startsWith('.') || /\.gguf$/i.test(model)
  const last = join('/', model).split('/').at(-1) ?? model
  return isPath ? last.replace(/\.gguf$/i, '').replace(/-00001-of-\d{5}$/, '') : model
}
