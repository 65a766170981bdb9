import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import type { FieldSettings } from '../../src/shared/model/runner.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { until } from '../support/until.ts'

const ID = 'mine'
const SERVER = `
  const page = (request, response) => response.end(process.cwd())
  require('node:http').createServer(page).listen(Number(process.argv[1]), process.env.HOST)
`

describe('a custom command', () => {
  let home: RunnerHome
  let runners: Runners
  beforeAll(() => {
    home = makeRunnerHome()
    mkdirSync(join(home.dir, 'project'))
  })
  afterAll(() => home.remove())
  beforeEach(() => {
    runners = home.openRunners({ stopTimeoutS: 1 })
  })
  afterEach(async () => {
    if (viewOf(runners, ID).pids.length > 0) await runners.stop(ID)
    runners.dispose()
  })

  async function start(settings: FieldSettings): Promise<void> {
    const saved = await runners.saveProfile({
      id: ID,
      kind: 'custom',
      label: 'Mine',
      modelPath: '',
      restartOnCrash: false,
      importance: 'normal',
      pinned: false,
      floorBytes: null,
      lan: false,
      container: null,
      settings
    })
    if (!saved.ok) throw new Error(saved.error.message)
    const started = await runners.start(ID, undefined)
    if (!started.ok) throw new Error(started.error.message)
  }

  test('a server is ready once its port accepts, runs in its folder, and is stopped with proof', async () => {
    await start({ command: [process.execPath, '-e', SERVER, '{port}'], folder: '~/project' })
    const { url, port } = await untilState(runners, ID, 'ready')
    expect(port).toBeGreaterThanOrEqual(8000)
    expect(await (await fetch(url ?? '')).text()).toBe(realpathSync(join(home.dir, 'project')))
    expect(await runners.stop(ID)).toMatchObject({ ok: true, value: { left: [], memoryIsBack: true } })
  })

  test('a job without a port runs, and its own words say why it ended', async () => {
    const code =
      "setTimeout(() => { console.error('ValueError: no data in the set'); process.exit(2) }, 4000)"
    await start({ command: [process.execPath, '-e', code], ready: 'running' })
    expect(await untilState(runners, ID, 'ready')).toMatchObject({ port: null, url: null, text: 'Running' })
    const failed = await until('its end', () => {
      const view = viewOf(runners, ID)
      return view.state === 'failed' && view
    })
    expect(failed.text).toMatch(/ended with code 2.*no data in the set/)
  })
})
