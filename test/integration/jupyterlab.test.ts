import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const TOKEN = 'not-for-others-7c1f'
const ID = 'notebooks'
/** A real jupyter-lab or jupyter-server; without it a stand-in. */
const real = process.env['FIREBREAK_JUPYTER']

describe(`JupyterLab (${real === undefined ? 'stand-in' : 'real'})`, () => {
  let home: RunnerHome
  const dataHome = process.env['XDG_DATA_HOME']
  beforeAll(() => {
    home = makeRunnerHome()
    process.env['XDG_DATA_HOME'] = join(home.dir, 'share')
    mkdirSync(join(home.dir, 'notebooks'))
  })
  afterAll(() => {
    if (dataHome === undefined) delete process.env['XDG_DATA_HOME']
    else process.env['XDG_DATA_HOME'] = dataHome
    home.remove()
  })

  test('starts, tells what its kernels do, shows its token to nobody, and goes', async () => {
    const standIn = join(import.meta.dirname, '../support/stand-in-jupyter.mjs')
    const program =
      real ?? home.script('jupyter-lab', `#!/bin/sh\nexec '${process.execPath}' '${standIn}' "$@"\n`)
    const tokenFile = join(home.dir, 'token')
    writeFileSync(tokenFile, TOKEN, { mode: 0o600 })
    const runners = home.openRunners()
    const saved = await runners.saveProfile({
      id: ID,
      kind: 'jupyterlab',
      label: 'Notebooks',
      modelPath: '',
      restartOnCrash: false,
      importance: 'normal',
      pinned: false,
      floorBytes: null,
      lan: false,
      container: null,
      settings: { binary: program, folder: '~/notebooks', tokenFile, extraArgs: ['--allow-root'] }
    })
    expect(saved).toMatchObject({ ok: true })
    const started = await runners.start(ID, undefined)
    expect(started).toMatchObject({ ok: true })
    const ready = await untilState(runners, ID, 'ready')
    expect(ready.stuck).toBeNull()
    const { activity } = await until('its activity', () => {
      const view = viewOf(runners, ID)
      return view.activity !== null && view
    })
    expect(activity).toMatchObject({ busy: false, requestsRunning: 0 })

    const [pid = 0] = ready.pids
    const seen = [
      JSON.stringify(viewOf(runners, ID)),
      readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
      JSON.stringify(await runners.readLog(ID, null, 65_536))
    ]
    expect(seen.filter((text) => text.includes(TOKEN))).toEqual([])
    expect(await runners.stop(ID)).toMatchObject({ ok: true, value: { left: [] } })
    expect(isAlive(pid)).toBe(false)
    runners.dispose()
  })
})
