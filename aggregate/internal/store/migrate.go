package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
)

// Versions of the schema, and what takes a file from each to the next:
//
//	1  to November 2026: no lists; a record's checksum did not cover its key;
//	   the zone was a value in the site's bucket
//	2  lists (contents.go); the number of records of a running day; checksums
//	   of records over key and record
//
// migrations[n] takes a file from version n to n+1. All that are needed run in
// one transaction: the file is wholly old or wholly new, whenever it is cut
// off. A file that cannot be migrated is left as it is. The way back is a
// backup that the older version made.
var migrations = [Version]func(tx *bolt.Tx) error{1: listContents}

// migrate brings the file to this version.
func migrate(db *bolt.DB, from uint32) error {
	err := db.Update(func(tx *bolt.Tx) error {
		for v := from; v < Version; v++ {
			if err := migrations[v](tx); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Put(keyVersion, binary.BigEndian.AppendUint32(nil, Version))
	})
	if err != nil {
		return fmt.Errorf("bring the file from version %d to %d: %w", from, Version, classify(err))
	}
	return nil
}

// listContents is the step from 1 to 2.
func listContents(tx *bolt.Tx) error {
	var sites []namedZone
	root := tx.Bucket(bucketSites)
	err := root.ForEachBucket(func(k []byte) error {
		sites = append(sites, namedZone{host: string(k)})
		return nil
	})
	if err != nil {
		return err
	}
	for i := range sites {
		b := root.Bucket([]byte(sites[i].host))
		sites[i].zone = string(b.Get(keyZone))
		if sites[i].zone == "" {
			return fmt.Errorf("%w: a site without a zone", ErrDamaged)
		}
		if err := listSite(b, sites[i].host); err != nil {
			return err
		}
	}
	return putSites(tx, sites)
}

func listSite(site *bolt.Bucket, host string) error {
	l := &listing{}
	for _, name := range [][]byte{bucketOpen, bucketSnapshots, bucketDays, bucketLabels} {
		if site.Bucket(name) == nil {
			return fmt.Errorf("%w: the %s of %s", ErrDamaged, name, host)
		}
	}
	if site.Bucket(bucketSums) != nil { // roll-ups are made again
		if err := site.DeleteBucket(bucketSums); err != nil {
			return err
		}
	}
	for _, of := range []struct {
		name   []byte
		letter byte
	}{{bucketSnapshots, listSnapshot}, {bucketDays, listDay}} {
		err := site.Bucket(of.name).ForEach(func(k, v []byte) error {
			l.put(string(of.letter)+string(k), sum(of.letter, v))
			return nil
		})
		if err != nil {
			return err
		}
	}
	labels := site.Bucket(bucketLabels)
	err := labels.ForEachBucket(func(month []byte) error {
		return labels.Bucket(month).ForEach(func(k, v []byte) error {
			l.put(string(listLabel)+string(month)+string(k), sum(listLabel, v))
			return nil
		})
	})
	if err != nil {
		return err
	}
	var days [][]byte
	open := site.Bucket(bucketOpen)
	err = open.ForEachBucket(func(k []byte) error {
		days = append(days, bytes.Clone(k))
		return nil
	})
	for _, day := range days {
		l.put(string(listOpen)+string(day), 0)
		if err == nil {
			err = bindRecords(open.Bucket(day))
		}
	}
	if err != nil {
		return err
	}
	if !l.valid() {
		return fmt.Errorf("%w: a key of %s", ErrDamaged, host)
	}
	if err := site.Delete(keyZone); err != nil {
		return err
	}
	return site.Put(keyList, l.encode(host))
}

// bindRecords makes the checksum of each record one of its key too. One that
// is damaged stays so.
func bindRecords(day *bolt.Bucket) error {
	var keys, records [][]byte
	err := day.ForEach(func(k, v []byte) error {
		if len(v) < 4 {
			return fmt.Errorf("%w: a record of a running day", ErrDamaged)
		}
		body, was := v[:len(v)-4], binary.BigEndian.Uint32(v[len(v)-4:])
		now := crc32.Update(crc32.Checksum(k, castagnoli), castagnoli, body)
		if crc32.Checksum(body, castagnoli) != was {
			now = ^now
		}
		keys = append(keys, bytes.Clone(k))
		records = append(records, binary.BigEndian.AppendUint32(bytes.Clone(body), now))
		return nil
	})
	for i, k := range keys {
		if err == nil {
			err = day.Put(k, records[i])
		}
	}
	if err != nil {
		return err
	}
	return day.Put(keyCount, encodeCount(uint32(len(keys))))
}
