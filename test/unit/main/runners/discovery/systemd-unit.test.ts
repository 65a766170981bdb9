import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rememberContainers } from '../../../../../src/main/runners/discovery/known-containers.ts'
import type { FoundContainers } from '../../../../../src/main/runners/discovery/types.ts'
import { orderUnitStop, stopUnitCommand } from '../../../../../src/main/runners/supervisor/systemd-unit.ts'
import { fakeMachine } from '../../../../support/fake-machine.ts'

/** A stand-in for systemctl: writes down what it is asked, and ends as it is told. */
describe('systemd is told to stop a unit', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'firebreak-systemctl-'))
    const said = join(dir, 'said')
    writeFileSync(
      join(dir, 'systemctl'),
      `#!/bin/sh\nprintf '%s\\n' "$@" > ${said}\ncase "$*" in *bad.service*) echo "Failed: no such unit" >&2; exit 5;; esac\n`
    )
    chmodSync(join(dir, 'systemctl'), 0o755)
  })
  afterAll(() => rmSync(dir, { recursive: true }))
  const asked = (): readonly string[] => readFileSync(join(dir, 'said'), 'utf8').trim().split('\n')

  it('the user’s manager and the system’s, without waiting and without a password', async () => {
    const env = { PATH: dir }
    expect(await orderUnitStop({ name: 'llama.service', manager: 'user' }, env)).toBeNull()
    expect(asked()).toEqual(['--user', '--no-block', '--no-ask-password', 'stop', '--', 'llama.service'])
    expect(await orderUnitStop({ name: 'ollama.service', manager: 'system' }, env)).toBeNull()
    expect(asked()).toEqual(['--no-block', '--no-ask-password', 'stop', '--', 'ollama.service'])
  })

  it('says why it could not be told', async () => {
    expect(await orderUnitStop({ name: 'bad.service', manager: 'user' }, { PATH: dir })).toBe(
      'Failed: no such unit'
    )
    expect(await orderUnitStop({ name: 'x.service', manager: 'user' }, { PATH: '/nonexistent' })).toContain(
      'ENOENT'
    )
  })

  it('gives people the command', () => {
    expect(stopUnitCommand({ name: 'a.service', manager: 'user' }).join(' ')).toBe(
      'systemctl --user stop a.service'
    )
    expect(stopUnitCommand({ name: 'a.service', manager: 'system' }).join(' ')).toBe(
      'sudo systemctl stop a.service'
    )
  })
})

describe('an engine is asked seldom', () => {
  it('once for each container and port, and again after a while', async () => {
    const { clock, advance } = fakeMachine()
    const asked: string[] = []
    const engine: FoundContainers = {
      name: async (id) => {
        asked.push(id)
        return id === 'gone' ? null : `name of ${id}`
      },
      hostPort: async (id, port) => {
        asked.push(`${id}:${port}`)
        return port + 1
      },
      stop: async () => null,
      describe: async () => null
    }
    const known = rememberContainers(engine, clock)
    expect(await Promise.all([known.name('a'), known.name('a'), known.name('gone')])).toEqual([
      'name of a',
      'name of a',
      null
    ])
    expect(await known.hostPort('a', 1)).toBe(2)
    expect(await known.hostPort('a', 1)).toBe(2)
    expect(asked).toEqual(['a', 'gone', 'a:1'])
    advance(20_000)
    expect(await known.name('a')).toBe('name of a')
    expect(asked).toHaveLength(4)
  })
})
