import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDiscovery, somePort, startElsewhere } from '../support/discovery-home.ts'
import { fakeServer, holdingChild } from '../support/fake-server.ts'
import { makeRunnerHome, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const MIB = 1_048_576
/** What a small model holds. */
const HELD_BYTES = 1024 * MIB

// A stand-in for llama-server: a script of that name whose child holds the memory.
describe('a parent that is killed while its child holds 1 GiB', () => {
  let home: RunnerHome
  beforeAll(() => {
    home = makeRunnerHome()
  })
  afterAll(() => home.remove())

  const killedParent = async (
    name: string,
    isDetached: boolean,
    look: (parent: number, child: number) => Promise<void>
  ): Promise<{ parent: number; child: number }> => {
    const pidFile = join(home.dir, `${name}.pid`)
    const code = holdingChild(pidFile, HELD_BYTES)
    const atStart = isDetached ? code : code.replace('detached: true', 'detached: false')
    home.script('llama-server', fakeServer(process.execPath, { atStart }))
    const args = ['-m', '/m/big.gguf', '--port', String(await somePort())]
    const parent = startElsewhere(join(home.dir, 'llama-server'), args, home.dir).pid ?? 0
    const child = await until('the child to hold its memory', () => {
      try {
        return home.pidFile(`${name}.pid`)
      } catch {
        return null
      }
    })
    await look(parent, child)
    process.kill(parent, 'SIGKILL')
    await until('the end of the parent', () => !isAlive(parent))
    expect(isAlive(child)).toBe(true)
    return { parent, child }
  }

  test('seen while it lived: the child is named after it, and ended on request with its bytes back', async () => {
    const { discovery, untilFound } = openDiscovery(home, null)
    const { parent, child } = await killedParent('seen', true, async (parent, child) => {
      const whole = await untilFound(child)
      expect(whole).toMatchObject({ pid: parent, kind: 'llamacpp', label: 'big' })
      expect(whole.bytes.hostBytes).toBeGreaterThanOrEqual(HELD_BYTES)
    })
    const orphan = await untilFound(child)
    expect(orphan).toMatchObject({ pid: child, kind: 'llamacpp', problem: null })
    expect(orphan.label).toMatch(new RegExp(`left behind by .*llama-server \\(pid ${parent}\\)`))
    expect(orphan.bytes.hostBytes).toBeGreaterThanOrEqual(HELD_BYTES)

    const stopped = await discovery.stop({ pid: child, startTicks: orphan.startTicks })
    if (!stopped.ok) throw new Error(stopped.error.message)
    expect(stopped.value).toMatchObject({ left: [], memoryIsBack: true })
    expect(stopped.value.bytesReturned).toBeGreaterThan(0.9 * HELD_BYTES)
    expect(stopped.value.text).toMatch(/came back in/)
    expect(isAlive(child)).toBe(false)
    discovery.dispose()
  })

  test('seen by nobody: the child is found by what it holds, its parent and the leader of its group gone', async () => {
    const { child } = await killedParent('unseen', false, async () => undefined)
    const { discovery, untilFound } = openDiscovery(home, null)
    const orphan = await untilFound(child)
    expect(orphan.label).toContain('left behind by a program that has ended')
    expect(await discovery.stop({ pid: child, startTicks: orphan.startTicks })).toMatchObject({
      ok: true,
      value: { left: [], memoryIsBack: true }
    })
    expect(isAlive(child)).toBe(false)
    discovery.dispose()
  })

  test('a detached shell at work, whose child holds memory, is not listed, nor is the child', async () => {
    const pidFile = join(home.dir, 'shell.pid')
    const holder = home.script(
      'holder',
      `#!${process.execPath}\nconst held = Buffer.alloc(${300 * MIB}, 1); require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => held.length, 1000)\n`
    )
    // The outer shell, leader of the group, is gone at once: the inner one is adopted.
    const inner = `${holder} & wait; true`
    startElsewhere('/bin/sh', ['-c', `/bin/sh -c '${inner}' &`], home.dir)
    const child = await until('the child to hold its memory', () => {
      try {
        return home.pidFile('shell.pid')
      } catch {
        return null
      }
    })
    const { discovery, fresh } = openDiscovery(home, null)
    expect((await fresh()).filter(({ pids }) => pids.includes(child))).toEqual([])
    process.kill(child, 'SIGKILL')
    await until('the end of the child', () => !isAlive(child))
    discovery.dispose()
  })
})
