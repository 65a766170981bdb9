import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/main/platform/system.ts'
import { createLiveProcess } from '../../src/main/runners/supervisor/live-process.ts'
import { createLoadWatch } from '../../src/main/runners/supervisor/load-watch.ts'
import { stopLive } from '../../src/main/runners/supervisor/stop-live.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'
import { startElsewhere } from '../support/discovery-home.ts'
import { makeRunnerHome, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const CGROUP = '/user.slice/user-1000.slice/user@1000.service/app.slice/lab.service'
const SOME_PID = 4_000_000

// Stand-ins: the files of the cgroup, and systemctl, which writes down what it is asked. The processes are real.
describe('the stop of a runner that is a systemd service', () => {
  let home: RunnerHome
  const path = process.env['PATH']
  beforeAll(() => {
    home = makeRunnerHome()
    mkdirSync(join(home.dir, 'bin'))
    home.script('bin/systemctl', `#!/bin/sh\necho "$@" >> '${join(home.dir, 'said')}'\n`)
    process.env['PATH'] = `${join(home.dir, 'bin')}${delimiter}${path}`
  })
  afterAll(() => {
    if (path === undefined) delete process.env['PATH']
    else process.env['PATH'] = path
    home.remove()
  })

  /** Stops a program whose unit holds these processes, too; what it says, and what systemctl was asked. */
  async function stopWith(others: readonly number[]): Promise<{ text: string; said: string }> {
    const said = join(home.dir, 'said')
    writeFileSync(said, '')
    const pid = startElsewhere('/bin/sleep', ['301'], home.dir).pid ?? 0
    const root = await until('it', () => home.machine.processes().find((one) => one.pid === pid))
    const places = { ...home.places, procRoot: join(home.dir, 'proc'), sysRoot: join(home.dir, 'sys') }
    const folder = join(places.sysRoot, 'fs/cgroup', CGROUP)
    mkdirSync(join(folder, 'below'), { recursive: true })
    mkdirSync(join(places.procRoot, String(pid)), { recursive: true })
    writeFileSync(join(places.procRoot, String(pid), 'cgroup'), `0::${CGROUP}/below\n`)
    writeFileSync(join(folder, 'cgroup.procs'), others.map((one) => `${one}\n`).join(''))
    writeFileSync(join(folder, 'below', 'cgroup.procs'), `${pid}\n`)
    const ports = {
      places,
      clock: systemClock,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      machine: home.machine,
      settings: () => defaultSettings()
    }
    const live = createLiveProcess(
      ports,
      {
        root: { pid, startTicks: root.startTicks },
        members: [],
        processGroupId: pid,
        mark: 'none',
        scopeUnit: null,
        container: null,
        port: 0,
        url: '',
        modelBytes: null,
        startedAtMs: 0,
        commandLine: [],
        adopted: { unit: { name: 'lab.service', manager: 'user' } }
      },
      { child: null, container: null, loadWatch: createLoadWatch(0), logStart: 0, readyAtMs: null }
    )
    const stopped = await stopLive({
      label: 'Notebooks',
      live,
      ports,
      graceMs: 2_000,
      abort: new AbortController().signal,
      onPhase: () => {}
    })
    expect(isAlive(pid)).toBe(false)
    if (!stopped.ok) throw new Error(stopped.error.message)
    return { text: stopped.value.text, said: readFileSync(said, 'utf8').trim() }
  }

  test('alone in its unit: systemd is told, so that it does not start it again', async () => {
    const { text, said } = await stopWith([])
    expect(said).toBe('--user --no-block --no-ask-password stop -- lab.service')
    expect(text).not.toContain('lab.service')
  })

  test('with company since: only it is ended, and people are told how to stop the rest', async () => {
    const { text, said } = await stopWith([SOME_PID])
    expect(said).toBe('')
    expect(text).toContain('not its unit lab.service, in which another process runs')
    expect(text).toContain('systemctl --user stop lab.service')
  })
})
