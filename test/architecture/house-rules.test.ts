import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const below = (folder: string, pattern: RegExp): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name))

const MOST_LINES = 400
const MOST_PRELOAD_LINES = 50
const MOST_ROOT_LINES = 150

describe('the house', () => {
  const sources = below('src', /\.tsx?$/)

  it('keeps files small', () => {
    const long = sources.filter((path) => read(path).split('\n').length > MOST_LINES)
    expect(long).toEqual([])
    expect(read('src/preload/index.ts').split('\n').length).toBeLessThanOrEqual(MOST_PRELOAD_LINES)
    expect(read('src/main/index.ts').split('\n').length).toBeLessThanOrEqual(MOST_ROOT_LINES)
    expect(read('src/main/headless.ts').split('\n').length).toBeLessThanOrEqual(MOST_ROOT_LINES)
  })

  it('has no type switched off and no note left for later', () => {
    const banned = /@ts-ignore|@ts-nocheck|@ts-expect-error|eslint-disable|oxlint-disable|\bTODO\b|\bFIXME\b/
    expect(sources.filter((path) => banned.test(read(path)))).toEqual([])
  })

  it('spells channel names only in the contract', () => {
    const spelled = sources.filter((path) => /['"`]firebreak:(request|event)/.test(read(path)))
    expect(spelled).toEqual([join('src', 'shared', 'contract', 'channels.ts')])
  })

  it('touches ipcMain in one file', () => {
    expect(sources.filter((path) => /\bipcMain\b/.test(read(path)))).toEqual([
      join('src', 'main', 'electron', 'ipc.ts')
    ])
  })

  it('never spawns through a shell', () => {
    const shelled = sources.filter((path) => /shell:\s*true|\bexecSync\(|\bexec\(\s*[`'"]/.test(read(path)))
    expect(shelled).toEqual([])
  })

  it('pins Electron exactly and ships only what must stay outside the bundle', () => {
    const json = JSON.parse(read('package.json')) as {
      devDependencies: Record<string, string>
      dependencies: Record<string, string>
    }
    expect(json.devDependencies['electron']).toMatch(/^45\.\d+\.\d+$/)
    expect(Object.keys(json.dependencies).toSorted()).toEqual(['koffi', 'systeminformation'])
  })
})

describe('the documents', () => {
  const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md']

  it.each(documents)('%s names only paths that exist', (name) => {
    const paths = [...read(name).matchAll(/`((?:src|test|docs|scripts|resources|bench)\/[\w./-]+)`/g)].map(
      (match) => match[1] ?? ''
    )
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it.each(documents)('%s links only to files that exist', (name) => {
    const links = [...read(name).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '')
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})
