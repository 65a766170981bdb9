import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDiscovery, startElsewhere } from '../support/discovery-home.ts'
import { makeRunnerHome, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

// Stand-ins: scripts of the names of JupyterLab and llama-server.
describe('a found JupyterLab from which other runners were started', () => {
  let home: RunnerHome
  beforeAll(() => {
    home = makeRunnerHome()
  })
  afterAll(() => home.remove())

  test('its stop ends its own kernels, not what is listed by itself or is Firebreak’s', async () => {
    const left = ['model.pid', 'own.pid']
    home.script('llama-server', `#!${process.execPath}\nsetInterval(() => {}, 60_000)\n`)
    home.script(
      'jupyter-lab',
      `#!${process.execPath}
const { spawn } = require('node:child_process')
const { writeFileSync, renameSync } = require('node:fs')
process.chdir(__dirname)
const start = (name, file, args, detached) => {
  writeFileSync('written', String(spawn(file, args, { detached, stdio: 'ignore' }).pid))
  renameSync('written', name)
}
start('kernel.pid', 'sleep', ['301'], false)
start('own.pid', 'sleep', ['302'], true)
start('model.pid', './llama-server', ['-m', '/m/listed.gguf'], true)
setInterval(() => {}, 60_000)
`
    )
    const lab = startElsewhere(join(home.dir, 'jupyter-lab'), [], home.dir).pid ?? 0
    const pidOf = (name: string): Promise<number> =>
      until(`the pid in ${name}`, () => {
        try {
          return home.pidFile(name)
        } catch {
          return null
        }
      })
    const [kernel, own, model] = [await pidOf('kernel.pid'), await pidOf('own.pid'), await pidOf('model.pid')]
    const { discovery, untilFound } = openDiscovery(home, null, {
      ownPids: () => new Set([process.pid, own])
    })
    try {
      expect(await untilFound(model)).toMatchObject({ pid: model, kind: 'llamacpp' })
      const found = await untilFound(lab)
      expect(found).toMatchObject({ pid: lab, kind: 'jupyterlab', problem: null })
      const stopped = await discovery.stop({ pid: lab, startTicks: found.startTicks })
      expect(stopped).toMatchObject({ ok: true, value: { left: [] } })
      expect([lab, kernel].filter(isAlive)).toEqual([])
      expect([own, model].filter(isAlive)).toEqual([own, model])
    } finally {
      for (const name of left) process.kill(-home.pidFile(name), 'SIGKILL')
      await until('their end', () => ![own, model].some(isAlive))
      discovery.dispose()
    }
  }, 60_000)
})
