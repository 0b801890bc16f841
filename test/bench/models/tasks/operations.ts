import { containing, oneOf, step, type Task, task } from '../task.ts';

const OPEN = step('opsboard::list_incidents', { state: 'open' }, [
  { incident_id: 'inc_905', title: 'Checkout latency above 2 s', service: 'checkout', since: '2026-06-07T06:10Z' },
  { incident_id: 'inc_907', title: 'Disk full on db-7', service: 'orders-db', since: '2026-06-07T06:40Z' },
  { incident_id: 'inc_909', title: 'Search latency above 2 s', service: 'search', since: '2026-06-07T07:02Z' },
  { incident_id: 'inc_912', title: 'No space left on db-7', service: 'orders-db', since: '2026-06-07T07:15Z' },
]);
const BEGIN = ['2026-06-21T02:00:00Z', '2026-06-21T02:00:00.000Z', '2026-06-21T02:00:00+00:00'];

/** Tasks with incidents. */
export const OPERATIONS_TASKS: readonly Task[] = [
  task(
    'hand-over',
    'Hand the open checkout incident in Opsboard over to whoever is on call for the payments team now.',
    {
      steps: [
        OPEN,
        step('opsboard::list_schedules', {}, [
          { schedule_id: 'sch_1', name: 'Platform primary', team: 'platform' },
          { schedule_id: 'sch_4', name: 'Money hours', team: 'payments' },
        ]),
        step('opsboard::get_on_call', { schedule_id: 'sch_4' }, { user_id: 'usr_66', name: 'Leo Brandt' }),
        step('opsboard::reassign_incident', { incident_id: 'inc_905', user_id: 'usr_66' }),
      ],
    },
  ),
  task(
    'maintenance',
    'Plan a maintenance window for the Opsboard service "image resizer" on 21 June 2026, 02:00 to 03:30 UTC: kernel update.',
    {
      steps: [
        step('opsboard::list_services', {}, [
          { service_id: 'svc_44', name: 'image-resizer' },
          { service_id: 'svc_45', name: 'image-proxy' },
        ]),
        step('opsboard::create_maintenance_window', {
          service_id: 'svc_44',
          starts_at: oneOf(...BEGIN),
          ends_at: oneOf(...BEGIN.map((time) => time.replace('02:00', '03:30'))),
        }),
      ],
    },
  ),
  task(
    'close-younger',
    'Two open Opsboard incidents report the same full disk of db-7. Close the one that began later, and give the id of the other one in its resolution.',
    {
      steps: [OPEN, step('opsboard::resolve_incident', { incident_id: 'inc_912', resolution: containing('inc_907') })],
      also: [
        step('opsboard::get_incident', { incident_id: 'inc_907' }, { incident_id: 'inc_907', notes: [] }),
        step('opsboard::get_incident', { incident_id: 'inc_912' }, { incident_id: 'inc_912', notes: [] }),
      ],
    },
  ),
  task(
    'delete-incident',
    'Delete incident inc_870 from Opsboard for good; it was a test and must not be in the records.',
    {
      servers: ['opsboard'],
      also: [
        step(
          'opsboard::get_incident',
          { incident_id: 'inc_870' },
          { incident_id: 'inc_870', title: 'Test', state: 'resolved' },
        ),
      ],
      missing: true,
    },
  ),
];
