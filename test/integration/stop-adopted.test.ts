import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/main/platform/system.ts'
import { ADAPTERS } from '../../src/main/runners/adapters/registry.ts'
import { isListedByItself } from '../../src/main/runners/discovery/listed-by-itself.ts'
import { createRunners } from '../../src/main/runners/supervisor/runners.ts'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'
import { openDiscovery, somePort, startElsewhere, type DiscoveryHome } from '../support/discovery-home.ts'
import { makeRunnerHome, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const CHILDREN = ['kernel', 'model', 'precious', 'below-precious', 'marked'] as const
type Child = (typeof CHILDREN)[number]

/** Below a JupyterLab: a kernel, a model server from a terminal, a protected program with a child, a Firebreak's own. */
const WORKPLACE = `
const { spawn } = require('node:child_process')
const { createServer } = require('node:http')
const { writeFileSync, renameSync } = require('node:fs')
process.chdir(__dirname)
const start = (name, file, args, more = {}) => {
  const { pid } = spawn(file, args, { detached: true, stdio: 'ignore', ...more })
  writeFileSync('written', String(pid))
  renameSync('written', name + '.pid')
}
start('kernel', '/bin/sleep', ['301'], { detached: false })
start('model', './llama-server', ['-m', '/m/listed.gguf'])
start('marked', '/bin/sleep', ['302'], { env: { ...process.env, FIREBREAK_RUNNER: 'other:0123456789ab:run' } })
start('precious', './precious', ['-c', '/bin/sleep 303 & echo $! > below-precious.pid; wait'])
const port = Number(process.argv.find((arg) => arg.startsWith('--port=')).slice(7))
createServer((_request, response) => response.end('{}')).listen(port, '127.0.0.1')
`

// Stand-ins: scripts of the names of JupyterLab and llama-server. The rest is real: processes, signals, discovery.
describe('the stop of a runner that was taken over', () => {
  let home: RunnerHome
  let runners: Runners
  let seen: DiscoveryHome
  let protectedNames: string[]
  beforeAll(() => {
    home = makeRunnerHome()
    home.script('llama-server', `#!${process.execPath}\nsetInterval(() => {}, 60_000)\n`)
    home.script('jupyter-lab', `#!${process.execPath}\n${WORKPLACE}`)
    copyFileSync('/bin/sh', join(home.dir, 'precious'))
  })
  afterEach(async () => {
    seen.discovery.dispose()
    runners.dispose()
    const left = CHILDREN.map((name) => home.pidFile(`${name}.pid`)).filter(isAlive)
    for (const pid of left) process.kill(pid, 'SIGKILL')
    await until('their end', () => !left.some(isAlive))
  })
  afterAll(() => home.remove())

  const open = (): Runners =>
    createRunners({
      places: home.places,
      clock: systemClock,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      machine: home.machine,
      settings: () => {
        const all = defaultSettings()
        return {
          ...all,
          guard: { ...all.guard, protectedNames },
          llamacpp: { ...all.llamacpp, stopTimeoutS: 2 }
        }
      },
      adapters: ADAPTERS,
      isListedByItself: (kind, pid) => isListedByItself(ADAPTERS, '/proc', kind, pid)
    })

  /** Starts a JupyterLab elsewhere and takes it over. */
  async function adopted(): Promise<{ lab: number; id: string; pids: Readonly<Record<Child, number>> }> {
    protectedNames = ['precious']
    runners = open()
    seen = openDiscovery(home, runners)
    const port = await somePort()
    const lab = startElsewhere(join(home.dir, 'jupyter-lab'), [`--port=${port}`], home.dir).pid ?? 0
    const found = await seen.untilFound(lab, (one) => one.port === port)
    const adoptable = await seen.discovery.adoptable({ pid: lab, startTicks: found.startTicks })
    if (!adoptable.ok) throw new Error(adoptable.error.message)
    const taken = await runners.adoptFound(adoptable.value.process, adoptable.value.draft)
    if (!taken.ok) throw new Error(taken.error.message)
    const entries = await Promise.all(
      CHILDREN.map(async (name) => [name, await until(name, () => pidIn(`${name}.pid`))] as const)
    )
    return { lab, id: taken.value.id, pids: Object.fromEntries(entries) as Record<Child, number> }
  }
  function pidIn(name: string): number | null {
    try {
      const pid = home.pidFile(name)
      return pid > 0 && isAlive(pid) ? pid : null
    } catch {
      return null
    }
  }
  const spared = (pids: Readonly<Record<Child, number>>): number[] => [
    pids.model,
    pids.precious,
    pids['below-precious'],
    pids.marked
  ]

  test('ends it and its kernels, nothing protected, no other runner and no Firebreak’s own', async () => {
    const { lab, id, pids } = await adopted()
    // A child is its parent's until it runs a program of its own.
    const counted = [lab, pids.kernel].toSorted().join()
    await until('it and its kernel to be counted, and nobody else', () => {
      return viewOf(runners, id).pids.toSorted().join() === counted
    })
    // The model server from its terminal is in the list of found ones, by itself.
    expect(await seen.untilFound(pids.model)).toMatchObject({ pid: pids.model, kind: 'llamacpp' })

    expect(await runners.stop(id)).toMatchObject({ ok: true, value: { left: [] } })
    expect([lab, pids.kernel].filter(isAlive)).toEqual([])
    expect(spared(pids).filter(isAlive)).toEqual(spared(pids))
    expect(viewOf(runners, id)).toMatchObject({ state: 'stopped', pids: [] })
  })

  test('the same after a restart of Firebreak', async () => {
    const { lab, id, pids } = await adopted()
    runners.dispose()
    runners = open()
    expect(await runners.adoptLeftRunning()).toMatchObject([{ id }])
    expect(await runners.stop(id)).toMatchObject({ ok: true, value: { left: [] } })
    expect([lab, pids.kernel].filter(isAlive)).toEqual([])
    expect(spared(pids).filter(isAlive)).toEqual(spared(pids))
  })

  test('is refused while its own name is protected, and it goes on', async () => {
    const { lab, id } = await adopted()
    const name = home.machine.processes().find(({ pid }) => pid === lab)?.name ?? ''
    protectedNames = [name]
    expect(await runners.stop(id)).toMatchObject({
      ok: false,
      error: { code: 'refused', message: expect.stringContaining(`${name} is on the protected list`) }
    })
    expect(isAlive(lab)).toBe(true)
    expect(viewOf(runners, id).state).not.toBe('stopping')
    protectedNames = ['precious']
    expect(await runners.stop(id)).toMatchObject({ ok: true })
    expect(isAlive(lab)).toBe(false)
  })
})
