package workspace

import (
	"container/heap"
	"time"
)

// timed is something that is due at some time.
type timed struct {
	due time.Time
	// place is that in the queue, from 1; 0: in none.
	place int
}

func (t *timed) timing() *timed { return t }

// queue has what is due the earliest first. It is a heap whose entries know their
// places, so that they can leave from anywhere.
type queue[T interface{ timing() *timed }] []T

func (q *queue[T]) add(entry T) { heap.Push(q, entry) }

func (q *queue[T]) remove(entry T) {
	if place := entry.timing().place; place > 0 {
		heap.Remove(q, place-1)
	}
}

// Len implements heap.Interface.
func (q queue[T]) Len() int { return len(q) }

// Less implements heap.Interface.
func (q queue[T]) Less(i, j int) bool { return q[i].timing().due.Before(q[j].timing().due) }

// Swap implements heap.Interface.
func (q queue[T]) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].timing().place, q[j].timing().place = i+1, j+1
}

// Push implements heap.Interface.
func (q *queue[T]) Push(x any) {
	entry, _ := x.(T)
	*q = append(*q, entry)
	entry.timing().place = len(*q)
}

// Pop implements heap.Interface.
func (q *queue[T]) Pop() any {
	last := len(*q) - 1
	entry := (*q)[last]
	clear((*q)[last:])
	*q = (*q)[:last]
	entry.timing().place = 0
	return entry
}
