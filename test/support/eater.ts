// A process that takes memory: node eater.ts '{"mib":..}'. Says 'ready' with its pids, one JSON line.
import { spawn } from 'node:child_process'

interface Plan {
  /** In all, in steps. */
  readonly mib: number
  readonly stepMib: number
  readonly everyMs: number
  /** SIGTERM does nothing. */
  readonly ignoreTerm: boolean
  /** Leave the memory to a child; 'session': one that leaves session and group. */
  readonly child: 'none' | 'child' | 'session'
}

const plan = JSON.parse(process.argv[2] ?? '{}') as Plan
if (plan.ignoreTerm) process.on('SIGTERM', () => undefined)
const held: Buffer[] = []
const take = (): void => {
  if (held.length * plan.stepMib >= plan.mib) return
  held.push(Buffer.alloc(plan.stepMib * 1024 ** 2, 1))
  setTimeout(take, plan.everyMs)
}
if (plan.child === 'none') {
  setInterval(() => undefined, 60_000)
  take()
  console.log(JSON.stringify({ pids: [process.pid] }))
} else {
  const args = [import.meta.filename, JSON.stringify({ ...plan, child: 'none' })]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: plan.child === 'session'
  })
  child.stdout?.once('data', () => console.log(JSON.stringify({ pids: [process.pid, child.pid] })))
}
