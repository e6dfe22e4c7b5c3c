package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// changes are what was changed in a file while it is copied: the copy catches up
// by taking over what the file has there when it does. So it does no harm to
// name what has not changed, and a change that was rolled back is one of those.
// A nil one takes no note.
type changes struct {
	buckets map[string]struct{} // deleted or made: taken over whole
	values  map[string]struct{}
	erased  bool // the copy holds nothing that was deleted
}

// value notes the value at a path of keys, the last of them its own.
func (c *changes) value(path ...[]byte) {
	if c == nil {
		return
	}
	if c.values == nil {
		c.values = map[string]struct{}{}
	}
	c.values[joined(path)] = struct{}{}
}

// whole notes a bucket with all that is in it.
func (c *changes) whole(path ...[]byte) {
	if c == nil {
		return
	}
	if c.buckets == nil {
		c.buckets = map[string]struct{}{}
	}
	c.buckets[joined(path)] = struct{}{}
}

func (c *changes) len() int { return len(c.buckets) + len(c.values) }

func joined(path [][]byte) string {
	var b []byte
	for _, key := range path {
		b = append(binary.AppendUvarint(b, uint64(len(key))), key...)
	}
	return string(b)
}

// parted is the inverse of joined.
func parted(s string) (path [][]byte) {
	for s != "" {
		key, rest, ok := cutText(s)
		if !ok {
			panic("store: a path that joined did not make")
		}
		path, s = append(path, []byte(key)), rest
	}
	return path
}

// replay makes a copy, at each path, what the file is now, in one transaction.
func (c *changes) replay(from, to *handle) error {
	if c.len() == 0 {
		return nil
	}
	from.readers.Add(1)
	defer from.readers.Add(-1)
	return guarded(func() error {
		return from.db.View(func(src *bolt.Tx) error {
			return to.db.Update(func(dst *bolt.Tx) error {
				for _, path := range slices.Sorted(maps.Keys(c.buckets)) {
					if err := replayBucket(src, dst, parted(path)); err != nil {
						return err
					}
				}
				for _, path := range slices.Sorted(maps.Keys(c.values)) {
					if err := replayValue(src, dst, parted(path)); err != nil {
						return err
					}
				}
				if c.erased {
					return dst.Bucket(bucketMeta).Delete(keyDeleted)
				}
				return nil
			})
		})
	})
}

func replayValue(src, dst *bolt.Tx, path [][]byte) error {
	in, key := path[:len(path)-1], path[len(path)-1]
	var v []byte
	if b := bucketAt(src, in); b != nil {
		v = b.Get(key)
	}
	if v == nil {
		if b := bucketAt(dst, in); b != nil {
			return b.Delete(key)
		}
		return nil
	}
	b, err := makeBucket(dst, in)
	if err != nil {
		return err
	}
	return b.Put(key, v)
}

func replayBucket(src, dst *bolt.Tx, path [][]byte) error {
	in, key := path[:len(path)-1], path[len(path)-1] // in is never empty: meta and sites stand always
	if b := bucketAt(dst, in); b != nil {
		if err := b.DeleteBucket(key); err != nil && !errors.Is(err, berrors.ErrBucketNotFound) {
			return err
		}
	}
	b := bucketAt(src, path)
	if b == nil {
		return nil
	}
	into, err := makeBucket(dst, path)
	if err != nil {
		return err
	}
	return copyBucket(b, into)
}

func copyBucket(from, to *bolt.Bucket) error {
	return from.ForEach(func(k, v []byte) error {
		if v != nil {
			return to.Put(bytes.Clone(k), v)
		}
		into, err := to.CreateBucket(bytes.Clone(k))
		if err != nil {
			return err
		}
		return copyBucket(from.Bucket(k), into)
	})
}

func bucketAt(tx *bolt.Tx, path [][]byte) *bolt.Bucket {
	b := tx.Bucket(path[0])
	for _, key := range path[1:] {
		if b == nil {
			return nil
		}
		b = b.Bucket(key)
	}
	return b
}

func makeBucket(tx *bolt.Tx, path [][]byte) (b *bolt.Bucket, err error) {
	if b, err = tx.CreateBucketIfNotExists(path[0]); err != nil {
		return nil, err
	}
	for _, key := range path[1:] {
		if b, err = b.CreateBucketIfNotExists(key); err != nil {
			return nil, err
		}
	}
	b.FillPercent = openFill
	return b, nil
}
