import { describe, expect, it } from 'vitest'
import { dgxName, modelName } from '../../../../src/main/facts/model-name.ts'

describe('the machine’s model', () => {
  it.each([
    ['NVIDIA', 'NVIDIA DGX Spark', 'NVIDIA DGX Spark'],
    ['ASUSTeK COMPUTER INC.', 'Ascent GX10', 'ASUSTeK COMPUTER INC. Ascent GX10'],
    ['Micro-Star International', 'To Be Filled By O.E.M.', 'Micro-Star International'],
    ['System manufacturer', 'System Product Name', 'unknown'],
    ['Default string', 'Default string', 'unknown'],
    ['', 'QEMU Virtual Machine', 'QEMU Virtual Machine'],
    ['', '', 'unknown'],
    ['-', '-', 'unknown'],
    ['', 'Docker Container', 'unknown']
  ])('%j and %j are %j', (maker, model, expected) => {
    expect(modelName(maker, model)).toBe(expected)
  })

  it('is the pretty name of /etc/dgx-release, the last one where keys repeat', () => {
    const release = [
      'DGX_NAME="DGX Spark"',
      'DGX_PRETTY_NAME="NVIDIA DGX Spark"',
      'DGX_SWBUILD_VERSION="7.2.3"',
      'DGX_PLATFORM="DGX Server for KVM"',
      'DGX_OTA_VERSION="7.3.1"',
      "DGX_PRETTY_NAME='NVIDIA DGX Spark Founders Edition'"
    ].join('\n')
    expect(dgxName(release)).toBe('NVIDIA DGX Spark Founders Edition')
    expect(dgxName('DGX_NAME="DGX Spark"\n')).toBe('DGX Spark')
    expect(dgxName('DGX_PRETTY_NAME=""\nDGX_NAME=""\n')).toBeNull()
    expect(dgxName('')).toBeNull()
  })
})
