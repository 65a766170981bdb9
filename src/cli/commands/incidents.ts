import type { Incident, IncidentSummary } from '../../shared/model/guard.ts'
import { causesOf } from '../../shared/model/would-have.ts'
import { ok } from '../../shared/util/result.ts'
import type { Command } from '../command.ts'
import { columns, formatBytes, formatTime, printable, sparkline } from '../format.ts'
import { eventInWords } from './guard-words.ts'

const CURVE_WIDTH = 60
const MS_PER_S = 1000

export const incidents: Command = {
  name: 'incidents',
  about: 'what the guard did, and how the machine or the guard ended; with an ID: all of it',
  positionals: [{ name: 'ID', about: "an incident's id, as the list shows it", optional: true }],
  options: {},
  example: 'firebreakctl incidents',
  async run({ positionals, connect }) {
    const core = await connect()
    if (!core.ok) return core
    const [id] = positionals
    if (id === undefined) {
      const list = await core.value.client.call('incidents.list', {})
      return list.ok ? ok({ document: list.value, text: describeList(list.value) }) : list
    }
    const one = await core.value.client.call('incidents.get', { id })
    return one.ok ? ok({ document: one.value, text: describeIncident(one.value) }) : one
  }
}

function describeList(list: readonly IncidentSummary[]): string {
  if (list.length === 0) return 'No incidents. The guard has not had to act.'
  return columns(list.map(({ atMs, id, title }) => [formatTime(atMs), id, printable(title)]))
}

export function describeIncident({ title, atMs, text, events, curve }: Incident): string {
  const sections = [`${printable(title)}, ${formatTime(atMs)}`, printable(text)]
  if (events.length > 0) {
    const rows = events.map((event) => [
      formatTime(event.atMs),
      eventInWords(event.kind),
      formatBytes(event.availableBytes),
      printable(causesOf(event.reasons)[0] ?? '')
    ])
    sections.push(`What happened, with what was available:\n${columns(rows, [2])}`)
  }
  const available = curve.map((point) => point.availableBytes)
  const [first] = curve
  const last = curve.at(-1)
  if (first !== undefined && last !== undefined) {
    const seconds = Math.round((last.atMs - first.atMs) / MS_PER_S)
    sections.push(
      `available  ${sparkline(available, CURVE_WIDTH)}  ${seconds} s, lowest ${formatBytes(Math.min(...available))}`
    )
    if (last.holders.length > 0) {
      const rows = last.holders.map(({ label, bytes }) => [formatBytes(bytes), printable(label)])
      sections.push(`Who held memory at the end:\n${columns(rows, [0])}`)
    }
  }
  return sections.join('\n\n')
}
