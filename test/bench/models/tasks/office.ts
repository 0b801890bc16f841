import { containing, oneOf, step, type Task, task } from '../task.ts';

const MARLOW = step('ledgerly::find_customers', { name: containing('marlow') }, [
  { customer_id: 'cus_7Q2', name: 'Marlow Bakery' },
  { customer_id: 'cus_7Q9', name: 'Marlow & Sons Joinery' },
]);
const HARBOUR = step('ledgerly::find_customers', { name: containing('harbour') }, [
  { customer_id: 'cus_31A', name: 'Harbour Dental' },
]);
const KESTREL = step('ledgerly::find_customers', { name: containing('kestrel') }, [
  { customer_id: 'cus_90K', name: 'Kestrel Cycles' },
]);
const TOM = step('shiftwell::find_employees', { name: containing('okafor') }, [
  { employee_id: 'emp_208', name: 'Tom Okafor' },
]);

/** Tasks with invoices, and with the rota of a staff. */
export const OFFICE_TASKS: readonly Task[] = [
  task(
    'credit-damaged',
    'One loaf on the open Ledgerly invoice of Marlow Bakery arrived damaged. Give them a credit note of 12.50 euros on it.',
    {
      steps: [
        MARLOW,
        step('ledgerly::find_invoices', { customer_id: 'cus_7Q2' }, [
          { invoice_id: 'inv_3077', number: '2026-0112', state: 'paid', amount_cents: 21050 },
          { invoice_id: 'inv_3081', number: '2026-0131', state: 'open', amount_cents: 18400 },
        ]),
        step('ledgerly::create_credit_note', { invoice_id: 'inv_3081', amount_cents: 1250, reason: 'damaged' }),
      ],
    },
  ),
  task(
    'record-transfer',
    '480 euros from Harbour Dental came in by bank transfer on 3 June 2026. Note it in Ledgerly on the invoice that it pays.',
    {
      steps: [
        HARBOUR,
        step('ledgerly::find_invoices', { customer_id: 'cus_31A' }, [
          { invoice_id: 'inv_2950', state: 'paid', amount_cents: 48000 },
          { invoice_id: 'inv_2988', state: 'open', amount_cents: 40800 },
          { invoice_id: 'inv_2993', state: 'open', amount_cents: 48000 },
        ]),
        step('ledgerly::record_payment', {
          ...{ invoice_id: 'inv_2993', amount_cents: 48000, method: 'bank_transfer', received_on: '2026-06-03' },
        }),
      ],
    },
  ),
  task('send-draft', 'Mail the draft invoice of Kestrel Cycles (Ledgerly) to their bookkeeper.', {
    steps: [
      KESTREL,
      step(
        'ledgerly::get_customer',
        { customer_id: 'cus_90K' },
        {
          customer_id: 'cus_90K',
          contacts: [
            { role: 'owner', mail: 'jo@kestrelcycles.example' },
            { role: 'bookkeeper', mail: 'accounts@brightledger.example' },
          ],
        },
      ),
      step('ledgerly::find_invoices', { customer_id: 'cus_90K' }, [
        { invoice_id: 'inv_4102', state: 'draft', amount_cents: 99900 },
        { invoice_id: 'inv_4088', state: 'open', amount_cents: 12900 },
      ]),
      step('ledgerly::send_invoice', { invoice_id: 'inv_4102', to: 'accounts@brightledger.example' }),
    ],
  }),
  task(
    'void-duplicate',
    'we billed marlow joinery twise for order SO-8120 in ledgrly, voidd the newer one pls (duplicate)',
    {
      steps: [
        step('ledgerly::find_invoices', {}, [
          { invoice_id: 'inv_5001', order_ref: 'SO-8120', state: 'open', issued: '2026-05-02', amount_cents: 7700 },
          { invoice_id: 'inv_5040', order_ref: 'SO-8120', state: 'open', issued: '2026-05-19', amount_cents: 7700 },
        ]),
        step('ledgerly::void_invoice', { invoice_id: 'inv_5040' }),
      ],
      also: [MARLOW],
    },
  ),
  task('refund-card', 'Pay 30 euros back to the card of Harbour Dental through Ledgerly.', {
    servers: ['ledgerly'],
    also: [
      HARBOUR,
      step('ledgerly::list_payments', { customer_id: 'cus_31A' }, [{ method: 'card', amount_cents: 9900 }]),
    ],
    missing: true,
  }),
  task(
    'swap-shifts',
    'In Shiftwell, let Priya Nair and Tom Okafor trade: her shift of 12 June 2026 for his of 13 June 2026.',
    {
      steps: [
        step('shiftwell::find_employees', { name: containing('nair') }, [
          { employee_id: 'emp_114', name: 'Priya Nair' },
        ]),
        TOM,
        step('shiftwell::list_shifts', { employee_id: 'emp_114', date: '2026-06-12' }, [{ shift_id: 'sh_771' }]),
        step('shiftwell::list_shifts', { employee_id: 'emp_208', date: '2026-06-13' }, [{ shift_id: 'sh_802' }]),
        step('shiftwell::swap_shifts', {
          ...{ first_shift_id: oneOf('sh_771', 'sh_802'), second_shift_id: oneOf('sh_802', 'sh_771') },
        }),
      ],
    },
  ),
  task('open-shift', 'Give the open early shift at Quayside on 20 June 2026 to Dana Wolff (Shiftwell).', {
    steps: [
      step('shiftwell::list_open_shifts', { site: containing('quayside'), date: '2026-06-20' }, [
        { shift_id: 'sh_930', from: '14:00', to: '22:00' },
        { shift_id: 'sh_931', from: '06:00', to: '14:00' },
      ]),
      step('shiftwell::find_employees', { name: containing('dana') }, [
        { employee_id: 'emp_330', name: 'Dana Wolfe' },
        { employee_id: 'emp_333', name: 'Dana Wolff' },
      ]),
      step('shiftwell::assign_shift', { shift_id: 'sh_931', employee_id: 'emp_333' }),
    ],
  }),
  task('approve-august', 'aprove the hoilday reqest of Marta Lindqvist in shiftwel, but only the one in august', {
    steps: [
      step('shiftwell::list_time_off_requests', {}, [
        {
          request_id: 'tor_18',
          employee: 'Marta Lindqvist',
          kind: 'unpaid',
          first_day: '2026-07-06',
          last_day: '2026-07-07',
        },
        {
          request_id: 'tor_21',
          employee: 'Marta Lindqvist',
          kind: 'holiday',
          first_day: '2026-08-03',
          last_day: '2026-08-14',
        },
        {
          request_id: 'tor_22',
          employee: 'Marten Lind',
          kind: 'holiday',
          first_day: '2026-08-03',
          last_day: '2026-08-07',
        },
      ]),
      step('shiftwell::decide_time_off', { request_id: 'tor_21', decision: 'approve' }),
    ],
  }),
  task(
    'call-in-sick',
    'Ben Castell is ill from 8 to 10 June 2026. Enter that in Shiftwell, and tell me who manages him.',
    {
      steps: [
        step('shiftwell::find_employees', { name: containing('castell') }, [
          { employee_id: 'emp_412', name: 'Ben Castell' },
        ]),
        step(
          'shiftwell::get_employee',
          { employee_id: 'emp_412' },
          { team: 'Bar', site: 'Quayside', manager: 'Ines Prado' },
        ),
        step('shiftwell::request_time_off', {
          ...{ employee_id: 'emp_412', kind: 'sick', first_day: '2026-06-08', last_day: '2026-06-10' },
        }),
      ],
      says: ['Ines Prado'],
    },
  ),
  task('payslip', 'Fetch the payslip of Tom Okafor for May 2026 from Shiftwell.', {
    servers: ['shiftwell'],
    also: [
      TOM,
      step('shiftwell::get_employee', { employee_id: 'emp_208' }, { team: 'Kitchen', manager: 'Ines Prado' }),
    ],
    missing: true,
  }),
];
