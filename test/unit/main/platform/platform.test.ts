import { chmodSync, mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeFileAtomic } from '../../../../src/main/platform/atomic-file.ts'
import { placesFromEnv } from '../../../../src/main/platform/places.ts'
import { runtimeDirFrom } from '../../../../src/main/platform/runtime-dir.ts'

const folder = mkdtempSync(join(tmpdir(), 'firebreak-platform-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('places', () => {
  it('follow the XDG rules', () => {
    const places = placesFromEnv({ HOME: '/home/ada', XDG_RUNTIME_DIR: '/run/user/7' }, '/opt/f/out/main')
    expect(places).toMatchObject({
      procRoot: '/proc',
      runtimeDir: '/run/user/7/firebreak',
      configDir: '/home/ada/.config/firebreak',
      dataDir: '/home/ada/.local/share/firebreak',
      rendererDir: '/opt/f/out/renderer',
      nodePath: process.execPath
    })
  })

  it('are overridden one by one', () => {
    const places = placesFromEnv(
      {
        HOME: '/home/ada',
        FIREBREAK_RUNTIME_DIR: '/a',
        FIREBREAK_CONFIG_DIR: '/b',
        FIREBREAK_DATA_DIR: '/c',
        FIREBREAK_PROC_ROOT: '/d'
      },
      '/x/main'
    )
    expect(places).toMatchObject({ runtimeDir: '/a', configDir: '/b', dataDir: '/c', procRoot: '/d' })
  })

  it('fall back to the temp folder where no session made a runtime folder', () => {
    expect(runtimeDirFrom({}, 4_000_000_001)).toBe(join(tmpdir(), 'firebreak-4000000001'))
  })
})

describe('atomic writing', () => {
  it('makes the folder and keeps others out', () => {
    const path = join(folder, 'new', 'a.json')
    writeFileAtomic(path, 'one')
    writeFileAtomic(path, 'two')
    expect(readFileSync(path, 'utf8')).toBe('two')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(folder, 'new'))).toEqual(['a.json'])
  })

  it('leaves neither half a file nor a temporary one when it fails', () => {
    const path = join(folder, 'taken')
    mkdirSync(path)
    chmodSync(path, 0o700)
    expect(() => writeFileAtomic(path, 'text')).toThrow()
    expect(readdirSync(folder).filter((name) => name.includes('.tmp'))).toEqual([])
  })
})
