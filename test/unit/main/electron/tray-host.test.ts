import { describe, expect, it } from 'vitest'
import { trayHost, trayHostOf } from '../../../../src/main/electron/tray-host.ts'

describe('trayHostOf', () => {
  it('reads gdbus', () => {
    expect(trayHostOf({ code: 0, stdout: '(true,)\n', stderr: '' })).toBe('present')
    expect(trayHostOf({ code: 0, stdout: '(false,)\n', stderr: '' })).toBe('absent')
  })

  it('takes a missing bus for a missing tray, and anything else for not knowing', () => {
    const stderr = 'Error connecting: Cannot autolaunch D-Bus without X11 $DISPLAY\n'
    expect(trayHostOf({ code: 1, stdout: '', stderr })).toBe('absent')
    expect(trayHostOf({ code: 'ENOENT', stdout: '', stderr: '' })).toBe('unknown')
    expect(trayHostOf({ code: null, stdout: '', stderr: '' })).toBe('unknown')
  })

  it('answers where there is no gdbus at all', async () => {
    expect(await trayHost({ PATH: '/nonexistent' })).toBe('unknown')
  })
})
