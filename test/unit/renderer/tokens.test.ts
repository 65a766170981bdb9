import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { HUE_COUNT } from '../../../src/renderer/src/stores/hues.ts'

const css = readFileSync(new URL('../../../src/renderer/src/ui/tokens.css', import.meta.url), 'utf8')
const tokens = new Map(
  [...css.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }]
  )
)

/** WCAG 2.2 relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const HOLDERS = [
  ...Array.from({ length: HUE_COUNT }, (_, at) => `hue-${at}`),
  ...['process', 'desktop', 'other', 'shared', 'hugepages', 'kernel', 'unattributed'].map(
    (kind) => `kind-${kind}`
  )
]

describe.each(['light', 'dark'] as const)('%s theme', (theme) => {
  const at = (name: string): string => {
    const found = tokens.get(name)
    if (found === undefined) throw new Error(`no token --${name}`)
    return found[theme]
  }

  test.each(['ink', 'muted', 'calm', 'watch', 'warn', 'act', 'emergency'])(
    '%s can be read on every surface',
    (name) => {
      for (const surface of ['page', 'card', 'sunken']) {
        expect(contrast(at(name), at(surface)), `--${name} on --${surface}`).toBeGreaterThanOrEqual(4.5)
      }
    }
  )

  test('words on filled buttons can be read', () => {
    expect(contrast(at('on-ink'), at('ink'))).toBeGreaterThanOrEqual(4.5)
    expect(contrast(at('on-ink'), at('emergency'))).toBeGreaterThanOrEqual(4.5)
  })

  test.each(HOLDERS)('%s stands out from the card, and its label can be read on it', (name) => {
    expect(contrast(at(name), at('card'))).toBeGreaterThanOrEqual(3)
    expect(contrast(at(`${name}-ink`), at(name))).toBeGreaterThanOrEqual(4.5)
  })

  test('borders of controls and the focus ring stand out', () => {
    for (const surface of ['page', 'card']) {
      expect(contrast(at('line-firm'), at(surface))).toBeGreaterThanOrEqual(3)
      expect(contrast(at('focus'), at(surface))).toBeGreaterThanOrEqual(3)
    }
  })
})
