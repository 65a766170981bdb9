import { describe, expect, it } from 'vitest'
import { plainText } from '../../../../src/shared/util/plain-text.ts'

describe('plainText', () => {
  it.each([
    ['gpt-oss-120b', 'gpt-oss-120b'],
    ['Qwen3 – Größe 32B 模型 🦙', 'Qwen3 – Größe 32B 模型 🦙'],
    ['evil\u001b]0;owned\u0007name', 'evil ]0;owned name'],
    ['two\r\nlines\tand\u2028more', 'two lines and more'],
    ['a\u202Egnp.exe\u202C', 'agnp.exe'],
    ['\u2066x\u2069\u200E\u200F\u061C', 'x'],
    ['c1\u009b31mred', 'c1 31mred'],
    ['\u0000\u0001', ''],
    ['  spaced  ', 'spaced']
  ])('%j is shown as %j', (given, shown) => {
    expect(plainText(given)).toBe(shown)
    expect(plainText(shown)).toBe(shown)
  })
})
