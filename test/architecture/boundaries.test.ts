import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkTree, specifiersOf } from './boundaries.ts'

const root = resolve(import.meta.dirname, '../..')
const planted = mkdtempSync(join(tmpdir(), 'firebreak-boundaries-'))
afterAll(() => rmSync(planted, { recursive: true, force: true }))

let serial = 0
/** Puts files into a tree of their own and checks it. */
function check(files: Readonly<Record<string, string>>): ReturnType<typeof checkTree> {
  serial += 1
  const src = join(planted, String(serial), 'src')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(src, name)), { recursive: true })
    writeFileSync(join(src, name), text)
  }
  return checkTree(src)
}

describe('the import table', () => {
  it('holds in the source tree, without cycles', () => {
    const found = checkTree(join(root, 'src'))
    expect(found.files).toBeGreaterThan(50)
    expect(found.violations).toEqual([])
    expect(found.cycles).toEqual([])
  })

  const forbidden: readonly [string, string, string][] = [
    ['node in shared', 'shared/util/x.ts', `import { readFileSync } from 'node:fs'`],
    ['zod in the domain', 'shared/domain/ledger/x.ts', `import { z } from 'zod'`],
    ['React in shared', 'shared/model/x.ts', `import type { ReactNode } from 'react'`],
    ['a type across domains', 'shared/domain/ledger/x.ts', `import type { A } from '../guard/signs.ts'`],
    ['electron outside its folder', 'main/app/x.ts', `import { app } from 'electron'`],
    ['electron in a composition root', 'main/index.ts', `import { app } from 'electron'`],
    ['the core reaching for the shell', 'main/app/x.ts', `import { a } from '../electron/tray.ts'`],
    ['the core reaching for the web host', 'main/app/x.ts', `import { a } from '../web/host.ts'`],
    [
      'the renderer reaching for main',
      'renderer/src/stores/x.ts',
      `import { a } from '../../../main/app/create-app.ts'`
    ],
    ['node in the renderer', 'renderer/src/ui/x.tsx', `import { join } from 'node:path'`],
    ['recharts outside charts', 'renderer/src/features/overview/x.tsx', `import { Area } from 'recharts'`],
    [
      'one feature importing another',
      'renderer/src/features/models/x.tsx',
      `import { a } from '../overview/page.tsx'`
    ],
    ['I/O in a parser', 'main/sampler/sources/meminfo.parse.ts', `import { readSync } from 'node:fs'`],
    ['zod in the preload', 'preload/index.ts', `import { z } from 'zod'`],
    [
      'the whole contract in the preload',
      'preload/index.ts',
      `import { COMMANDS } from '../shared/contract/commands.ts'`
    ],
    ['koffi outside the probe', 'main/sampler/x.ts', `import koffi from 'koffi'`],
    ['systeminformation on the hot path', 'main/sampler/x.ts', `import si from 'systeminformation'`],
    ['a re-export', 'shared/model/x.ts', `export { join } from 'node:path'`],
    ['a dynamic import', 'main/app/x.ts', `const a = await import('electron')`],
    ['a file outside every zone', 'main/somewhere/x.ts', `export const a = 1; import { b } from 'node:fs'`],
    ['the product importing a test', 'main/app/x.ts', `import { a } from '../../../test/support/a.ts'`]
  ]
  it.each(forbidden)('forbids %s', (_name, path, text) => {
    expect(check({ [path]: text }).violations).toHaveLength(1)
  })

  it('allows what the table names', () => {
    const found = check({
      'shared/model/a.ts': `import { b } from '../util/b.ts'`,
      'shared/util/b.ts': `export const b = 1`,
      'main/electron/c.ts': `import { app } from 'electron'; import type { Endpoint } from '../transport/endpoint.ts'`,
      'main/transport/endpoint.ts': `export interface Endpoint {}`
    })
    expect(found).toMatchObject({ violations: [], cycles: [] })
  })

  it('finds a cycle of types', () => {
    const found = check({
      'shared/model/a.ts': `import type { B } from './b.ts'; export type A = B`,
      'shared/model/b.ts': `import type { A } from './a.ts'; export type B = A`
    })
    expect(found.cycles).toHaveLength(1)
  })

  it('sees every form of import', () => {
    const text = `import a from 'a'; import type { B } from 'b'; export * from 'c'; export { d } from 'd'; await import('e'); import 'f'`
    expect(specifiersOf('x.ts', text).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })
})
