import { createServer } from 'node:net'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { CommandOutput } from '../../src/shared/contract/commands.ts'
import { makeHome, runHeadless, startHeadless, type Home } from '../support/headless-core.ts'
import { isAlive, until } from '../support/until.ts'

const homes: Home[] = []
const home = (settings?: Parameters<typeof makeHome>[0]): Home => {
  const made = makeHome(settings)
  homes.push(made)
  return made
}
afterEach(() => {
  for (const one of homes.splice(0)) one.remove()
})

const childrenOf = (pid: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => {
      try {
        return readPpid(one) === pid
      } catch {
        return false
      }
    })

describe('the headless core', () => {
  it('accounts for every byte of the machine it runs on, live', async () => {
    const core = await startHeadless(home())
    try {
      const status = await core.client.call('status.get', {})
      if (!status.ok) throw new Error(status.error.message)
      expect(sum(status.value)).toBe(status.value.memTotalBytes)
      expect(status.value.ledger.every((part) => part.bytes >= 0)).toBe(true)

      const seen: CommandOutput<'status.get'>['ledger'][] = []
      const sequences: number[] = []
      const listening = core.client.on('live', (live) => {
        sequences.push(live.sequence)
        seen.push(live.ledger)
        expect(live.ledger.reduce((total, part) => total + part.bytes, 0)).toBe(live.memTotalBytes)
      })
      await core.client.call('events.subscribe', { events: ['live'] })
      await until('three ticks', () => seen.length >= 3)
      listening.dispose()
      expect(new Set(sequences).size).toBe(sequences.length)

      const recent = await core.client.call('recent.get', { windowS: 60 })
      expect(recent.ok && recent.value.points.length).toBeGreaterThanOrEqual(2)
      const facts = await core.client.call('app.facts', {})
      expect(facts.ok && facts.value.cores).toBeGreaterThan(0)
    } finally {
      expect(await core.end()).toBe(0)
    }
  })

  it('leaves no process behind when it ends, nor when it is killed', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const core = await startHeadless(home())
      const children = await until('the probe', () => {
        const found = childrenOf(core.pid)
        return found.length > 0 && found
      })
      await core.end(signal)
      await until(`the probe to follow a ${signal}`, () => !children.some(isAlive))
    }
  })

  it('is one per user: a second start shows the first one’s panel and ends', async () => {
    const one = home()
    const core = await startHeadless(one, ['--port', '0'])
    try {
      const url = await until('the address', () => /http:\S+/.exec(core.stdout())?.[0])
      const second = await runHeadless(one, ['--port', '0'])
      expect(second).toMatchObject({ code: 0, stdout: `${url}\n` })
      const hello = await core.client.call('app.hello', {})
      expect(hello.ok && hello.value.pid).toBe(core.pid)
    } finally {
      await core.end()
    }
  })

  it('says what is wrong when its socket is out of reach but it is the core', async () => {
    const one = home()
    const core = await startHeadless(one)
    try {
      const elsewhere = { ...one, env: { ...one.env, FIREBREAK_RUNTIME_DIR: join(one.dir, 'other-run') } }
      const second = await runHeadless(elsewhere, ['--no-web'])
      expect(second.code).toBe(2)
      expect(second.stderr).toMatch(/another Firebreak of yours is the core.*XDG_RUNTIME_DIR/)
    } finally {
      await core.end()
    }
  })

  it('outlives the terminal it writes to', async () => {
    const core = await startHeadless(home())
    core.closeStreams()
    const probe = await until('the probe', () => childrenOf(core.pid)[0])
    // Its end makes the core write a warning.
    process.kill(probe, 'SIGKILL')
    await until('another probe', () => childrenOf(core.pid).some((pid) => pid !== probe))
    expect((await core.client.call('app.hello', {})).ok).toBe(true)
    await core.end()
  })

  it('takes over from a core that was killed', async () => {
    const one = home()
    const first = await startHeadless(one)
    await first.end('SIGKILL')
    const second = await startHeadless(one)
    const hello = await second.client.call('app.hello', {})
    expect(hello.ok && hello.value.pid).toBe(second.pid)
    await second.end()
  })

  it('keeps a corrupt settings file aside, uses defaults and says so', async () => {
    const one = home('{"version":1,"theme":')
    const core = await startHeadless(one)
    try {
      const notices = await core.client.call('app.notices', {})
      if (!notices.ok) throw new Error(notices.error.message)
      expect(notices.value[0]).toMatchObject({ severity: 'warning' })
      expect(notices.value[0]?.text).toContain('kept as')
      expect(readdirSync(join(one.dir, 'config')).some((name) => name.includes('broken'))).toBe(true)
      const settings = await core.client.call('settings.get', {})
      expect(settings.ok && settings.value.theme).toBe('system')
    } finally {
      await core.end()
    }
  })

  it('refuses a taken port and unknown flags with what to do, and leaves nothing running', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => blocker.once('listening', done))
    const address = blocker.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const taken = await runHeadless(home(), ['--port', String(port)])
    blocker.close()
    expect(taken.code).toBe(2)
    expect(taken.stderr).toContain(`port ${port} is taken`)
    const unknown = await runHeadless(home(), ['--prot', '1'])
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('--prot')
    const bad = await runHeadless(home(), ['--port', 'http'])
    expect(bad.code).toBe(2)
    expect(bad.stderr).toContain('0 to 65535')
  })

  it('keeps its files to its user', async () => {
    const one = home()
    const core = await startHeadless(one, ['--port', '0'])
    try {
      await until('the address', () => /http:\S+/.exec(core.stdout())?.[0])
      await core.client.call('settings.set', { theme: 'dark' })
      const mode = (...path: string[]): number => statSync(join(one.dir, ...path)).mode & 0o777
      expect(mode('run')).toBe(0o700)
      expect(mode('run', 'control.sock')).toBe(0o600)
      expect(mode('run', 'web.token')).toBe(0o600)
      expect(mode('config', 'settings.json')).toBe(0o600)
    } finally {
      await core.end()
    }
  })
})

const sum = (status: CommandOutput<'status.get'>): number =>
  status.ledger.reduce((total, part) => total + part.bytes, 0)

function readPpid(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}
