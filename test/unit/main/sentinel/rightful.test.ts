import { describe, expect, it } from 'vitest'
import { mayBeStopped } from '../../../../src/main/sentinel/rightful.ts'

const OWN = 1_000
const CONTAINER = `/system.slice/docker-${'a'.repeat(64)}.scope`
const may = (ownerUid: number | null, cgroup: string | null, name = 'python3'): boolean =>
  mayBeStopped({ name, ownerUid, cgroup }, OWN)

describe('whom the sentinel may stop, whatever it is told', () => {
  it('is everybody of its own user but the protected', () => {
    expect(may(OWN, null)).toBe(true)
    expect(may(OWN, '/user.slice/user-1000.slice/x.scope')).toBe(true)
    expect(may(OWN, null, 'gnome-shell')).toBe(false)
  })
  it('is a container, and a service with an account of its own', () => {
    expect(may(0, CONTAINER)).toBe(true)
    expect(may(998, '/system.slice/ollama.service')).toBe(true)
    expect(may(998, '/system.slice/system-model.slice/model@1.service')).toBe(true)
  })
  it('is never root outside of a container, nor another person, nor one whose owner is not known', () => {
    expect(may(0, '/system.slice/cron.service')).toBe(false)
    expect(may(0, '/init.scope')).toBe(false)
    expect(may(1_001, '/user.slice/user-1001.slice/session-3.scope')).toBe(false)
    expect(may(1_001, `/user.slice/user-1001.slice/libpod-${'a'.repeat(64)}.scope`)).toBe(false)
    expect(may(1_001, null)).toBe(false)
    expect(may(null, CONTAINER)).toBe(false)
  })
})
