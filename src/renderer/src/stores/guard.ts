import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { CommandOutput } from '../../../shared/contract/commands.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type {
  DrillReport,
  GuardAnswer,
  GuardAsk,
  GuardView,
  Incident,
  IncidentSummary
} from '../../../shared/model/guard.ts'
import type { Act } from './acts.ts'
import { guardActs } from './guard-acts.ts'
import { keepSame } from './keep-same.ts'

export type Protection = CommandOutput<'protection.get'>

/** What can be asked of the core here, one of each at a time. */
export type GuardTask = 'answer' | 'drill' | 'protection' | 'incident'

/** The guard as the core last told it, and what this panel asked of it. */
export interface GuardState {
  readonly view: GuardView | null
  /** What the guard did, as marks of the graph. */
  readonly acts: readonly Act[]
  /** Newest first. */
  readonly incidents: readonly IncidentSummary[]
  /** Incidents that came while this panel looked on, and that nobody here has put away. */
  readonly freshIds: ReadonlySet<string>
  /** The incident that is looked at, and its details once they are known. */
  readonly openedId: string | null
  readonly opened: Incident | null
  /** Newest first; null until they are known. */
  readonly drills: readonly DrillReport[] | null
  /** When a running drill began on the machine that is shown; null while none runs. */
  readonly drillSinceMs: number | null
  readonly protection: Protection | null
  readonly busy: ReadonlySet<GuardTask>
  readonly errors: ReadonlyMap<GuardTask, ContractError>
  /** The answer that was given to the question that still stands. */
  readonly answered: GuardAnswer | null
  load(): Promise<void>
  accept(view: GuardView): void
  happened(incident: IncidentSummary): void
  putAway(incidentId: string): void
  answer(ask: GuardAsk, choice: GuardAnswer): Promise<void>
  drill(): Promise<void>
  /** What only the Guard page shows: drills, conflicts, protection. */
  look(): Promise<void>
  protect(install: boolean): Promise<void>
  open(incidentId: string): Promise<void>
  close(): void
  /** The core answers again: what failed only because it did not is worth another try. */
  reconnected(): void
}
export type GuardStore = StoreApi<GuardState>

/** Two questions are one while they are about the same victim at the same stage. */
export const askKey = ({ watchId, victimId, stage }: GuardAsk): string => `${watchId} ${victimId} ${stage}`

const newestFirst = (all: readonly IncidentSummary[]): readonly IncidentSummary[] =>
  all.toSorted((a, b) => b.atMs - a.atMs)

const withOne = (all: readonly IncidentSummary[], one: IncidentSummary): readonly IncidentSummary[] =>
  newestFirst([one, ...all.filter(({ id }) => id !== one.id)])

/** `nowMs`: the time on the machine that is shown, which need not be this one's. */
export function createGuardStore(client: Client, nowMs: () => number): GuardStore {
  return createStore<GuardState>()((set, get) => {
    const begin = (task: GuardTask): void =>
      set(({ busy, errors }) => ({
        busy: new Set(busy).add(task),
        errors: new Map([...errors].filter(([one]) => one !== task))
      }))
    const end = (task: GuardTask, error: ContractError | null): void =>
      set(({ busy, errors }) => ({
        busy: new Set([...busy].filter((one) => one !== task)),
        errors: error === null ? errors : new Map(errors).set(task, error)
      }))
    const listDrills = async (): Promise<void> => {
      const drills = await client.call('guard.drills', {})
      if (drills.ok) set(({ drills: before }) => ({ drills: keepSame(before, drills.value) }))
    }
    const readIncident = async (id: string): Promise<void> => {
      const incident = await client.call('incidents.get', { id })
      if (get().openedId !== id) return
      if (incident.ok) set({ opened: incident.value })
      end('incident', incident.ok ? null : incident.error)
    }
    return {
      view: null,
      acts: [],
      incidents: [],
      freshIds: new Set(),
      openedId: null,
      opened: null,
      drills: null,
      drillSinceMs: null,
      protection: null,
      busy: new Set(),
      errors: new Map(),
      answered: null,
      async load() {
        const [view, incidents] = await Promise.all([
          client.call('guard.get', {}),
          client.call('incidents.list', {})
        ])
        if (view.ok) get().accept(view.value)
        if (incidents.ok) set({ incidents: newestFirst(incidents.value) })
      },
      accept(fresh) {
        const before = get()
        const view = before.view === null ? fresh : keepSame(before.view, fresh)
        if (view === before.view) return
        const isSameAsk =
          before.view !== null &&
          before.view.ask !== null &&
          view.ask !== null &&
          askKey(before.view.ask) === askKey(view.ask)
        set({
          view,
          acts: view.lastEvents === before.view?.lastEvents ? before.acts : guardActs(view.lastEvents),
          answered: isSameAsk ? before.answered : null,
          drillSinceMs: view.drillRunning ? (before.drillSinceMs ?? nowMs()) : null
        })
        if (before.drills !== null && view.lastDrill?.id !== before.view?.lastDrill?.id) void listDrills()
      },
      happened(incident) {
        set(({ incidents, freshIds }) => ({
          incidents: withOne(incidents, incident),
          freshIds: new Set(freshIds).add(incident.id)
        }))
        if (get().openedId === incident.id) void readIncident(incident.id)
      },
      putAway(incidentId) {
        set(({ freshIds }) => ({ freshIds: new Set([...freshIds].filter((id) => id !== incidentId)) }))
      },
      async answer(ask, choice) {
        if (get().busy.has('answer')) return
        begin('answer')
        const { watchId, victimId } = ask
        const result = await client.call('guard.answer', { watchId, victimId, choice })
        end('answer', result.ok ? null : result.error)
        const now = get().view?.ask ?? null
        if (result.ok && now !== null && askKey(now) === askKey(ask)) set({ answered: choice })
      },
      async drill() {
        if (get().busy.has('drill')) return
        begin('drill')
        const result = await client.call('guard.drill', {})
        end('drill', result.ok ? null : result.error)
        await listDrills()
      },
      async look() {
        const [protection] = await Promise.all([client.call('protection.get', {}), listDrills()])
        if (protection.ok)
          set(({ protection: before }) => ({ protection: keepSame(before, protection.value) }))
      },
      async protect(install) {
        if (get().busy.has('protection')) return
        begin('protection')
        const result = await client.call('protection.set', { install })
        end('protection', result.ok ? null : result.error)
        if (!result.ok) return
        set(({ protection }) => ({
          protection: { conflicts: protection?.conflicts ?? [], protection: result.value }
        }))
      },
      async open(incidentId) {
        begin('incident')
        set(({ opened }) => ({ openedId: incidentId, opened: opened?.id === incidentId ? opened : null }))
        await readIncident(incidentId)
      },
      close() {
        set({ openedId: null, opened: null })
        end('incident', null)
      },
      reconnected() {
        set(({ errors }) => ({
          answered: null,
          errors: new Map([...errors].filter(([, error]) => error.code !== 'disconnected'))
        }))
        const { openedId } = get()
        if (openedId !== null) void get().open(openedId)
      }
    }
  })
}
