import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { parseSync } from 'oxc-parser'
import { IMPORT_TABLE } from './import-table.ts'

/** Every module specifier of a file: static, dynamic with a literal, re-export; types included. */
export function specifiersOf(path: string, text: string): readonly string[] {
  const { module } = parseSync(path, text)
  const literal = (source: string): string | null => /^(['"])(.*)\1$/.exec(source)?.[2] ?? null
  return [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...module.staticExports.flatMap((one) =>
      one.entries.flatMap((entry) => (entry.moduleRequest ? [entry.moduleRequest.value] : []))
    ),
    ...module.dynamicImports.flatMap((one) => {
      const value = literal(text.slice(one.moduleRequest.start, one.moduleRequest.end))
      return value === null ? [] : [value]
    })
  ]
}

const PARSERS = 'main/sampler/sources/*.parse.ts'

/** The zone of a path below src/, or null where the table has none. */
export function zoneOf(path: string): string | null {
  if (/^main\/sampler\/sources\/.*\.parse\.ts$/.test(path)) return PARSERS
  const feature = /^renderer\/src\/features\/[^/]+/.exec(path)
  if (feature) return 'renderer/src/features/*'
  const zones = Object.keys(IMPORT_TABLE).filter((zone) => path === zone || path.startsWith(`${zone}/`))
  return zones.sort((a, b) => b.length - a.length)[0] ?? null
}

/** What `from` (a path below src/) may not do, in words that name the rule. */
export function violation(from: string, specifier: string, target: string | null): string | null {
  const zone = zoneOf(from)
  const rule = zone === null ? undefined : IMPORT_TABLE[zone]
  if (zone === null || !rule) return `${from} stands in no zone of the import table`
  if (target === null) {
    const name = packageName(specifier)
    const allowed = rule.packages.some(
      (one) => one === name || (one === 'node:*' && name.startsWith('node:'))
    )
    const inParser = from.endsWith('.parse.ts') && name.startsWith('node:')
    return allowed && !inParser ? null : `${from}: ${zone} may not import the package '${name}'`
  }
  if (/\.(css|svg|png)$/.test(target)) return null
  const targetZone = target === 'package.json' ? target : zoneOf(target)
  if (targetZone === null) return `${from} imports ${target}, which stands in no zone of the import table`
  if (targetZone === zone) {
    return zone === 'renderer/src/features/*' && feature(from) !== feature(target)
      ? `${from}: a feature may not import another feature (${target})`
      : null
  }
  return rule.zones.includes(targetZone) ? null : `${from}: ${zone} may not import ${targetZone} (${target})`
}

const feature = (path: string): string | undefined => path.split('/')[3]

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}

/** Resolved path below src/ ('package.json' for the root's own), or null for a package. */
function targetOf(srcDir: string, file: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null
  const absolute = resolve(dirname(file), specifier)
  if (absolute === resolve(srcDir, '..', 'package.json')) return 'package.json'
  return relative(srcDir, absolute).split(sep).join('/')
}

export interface Findings {
  readonly violations: readonly string[]
  readonly cycles: readonly string[]
  readonly files: number
}

/** Checks a whole tree against the table, and for import cycles. */
export function checkTree(srcDir: string): Findings {
  const files = readdirSync(srcDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => join(srcDir, name))
  const graph = new Map<string, readonly string[]>()
  const violations: string[] = []
  for (const file of files) {
    const from = relative(srcDir, file).split(sep).join('/')
    const targets: string[] = []
    for (const specifier of specifiersOf(file, readFileSync(file, 'utf8'))) {
      const target = targetOf(srcDir, file, specifier)
      const found = violation(from, specifier, target)
      if (found) violations.push(found)
      if (target !== null && existsSync(join(srcDir, target))) targets.push(target)
    }
    graph.set(from, targets)
  }
  return { violations, cycles: cyclesOf(graph), files: files.length }
}

function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node)
    if (at >= 0) {
      cycles.push([...path.slice(at), node].join(' → '))
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) visit(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  return cycles
}
