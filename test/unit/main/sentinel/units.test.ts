import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const FOLDER = resolve(import.meta.dirname, '../../../../resources/systemd')

/** A unit's settings: key → its values in order. */
function unit(name: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>()
  for (const line of readFileSync(join(FOLDER, name), 'utf8').split('\n')) {
    const [, key, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
    if (key !== undefined) settings.set(key, [...(settings.get(key) ?? []), value ?? ''])
  }
  return settings
}

const service = unit('firebreak-sentinel@.service')
const socket = unit('firebreak-sentinel@.socket')
const one = (settings: ReadonlyMap<string, readonly string[]>, key: string): string | undefined => {
  expect(settings.get(key) ?? [], `${key} stands once`).toHaveLength(1)
  return settings.get(key)?.[0]
}

describe('the units of the installed sentinel', () => {
  it('give the four capabilities it needs, and no way to any other', () => {
    const wanted = 'CAP_KILL CAP_SYS_NICE CAP_IPC_LOCK CAP_SYS_RESOURCE'
    expect(one(service, 'AmbientCapabilities')).toBe(wanted)
    expect(one(service, 'CapabilityBoundingSet')).toBe(wanted)
    expect(one(service, 'NoNewPrivileges')).toBe('yes')
    expect(one(service, 'User')).toBe('%i')
  })

  it('neither hide processes nor forbid what Node needs', () => {
    for (const key of [
      'ProtectProc',
      'ProcSubset',
      'PrivatePIDs',
      'PrivateUsers',
      'MemoryDenyWriteExecute'
    ]) {
      expect(service.has(key), key).toBe(false)
    }
    // cgroup.kill of the user's own scopes must stay writable.
    expect(service.has('ProtectControlGroups')).toBe(false)
  })

  it('let the kernel keep it in memory, and end it last', () => {
    expect(one(service, 'LimitMEMLOCK')).toBe('infinity')
    expect(one(service, 'OOMScoreAdjust')).toBe('-900')
    expect(unit('firebreaksentinel.slice').has('MemoryMin')).toBe(true)
    expect(one(service, 'Slice')).toBe('firebreaksentinel.slice')
  })

  it('offer one socket per user, which that user alone can open', () => {
    expect(one(socket, 'ListenStream')).toBe('/run/firebreak/%i/sentinel.sock')
    expect(one(socket, 'SocketUser')).toBe('%i')
    expect(one(socket, 'SocketMode')).toBe('0600')
    expect(one(service, 'Requires')).toBe('firebreak-sentinel@%i.socket')
    expect(one(unit('user@.service.d/50-firebreak.conf'), 'Wants')).toBe('firebreak-sentinel@%i.socket')
  })

  it('start the built entry with a shipped Node', () => {
    expect(one(service, 'ExecStart')).toMatch(/^\/usr\/lib\/firebreak\/node .*\/out\/main\/sentinel\.js$/)
  })
})
