// A client of the kernel's generic netlink family IPVS, as Go's libraries for it are: static, its threads those of the runtime,
// every answer received with recvfrom(2) and its sender's address looked at. Adds services from many goroutines at once, counts them.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"syscall"
)

const (
	controller  = 16
	getFamily   = 3
	newService  = 1
	getService  = 4
	request     = 1
	ack         = 4
	dump        = 0x300
	workers     = 8
	each        = 25
	messageDone = 3
)

var order = binary.LittleEndian

func attribute(kind uint16, value []byte) []byte {
	length := 4 + len(value)
	bytes := make([]byte, (length+3)&^3)
	order.PutUint16(bytes, uint16(length))
	order.PutUint16(bytes[2:], kind)
	copy(bytes[4:], value)
	return bytes
}

func message(family uint16, flags uint16, sequence uint32, command byte, attributes []byte) []byte {
	bytes := make([]byte, 20, 20+len(attributes))
	order.PutUint32(bytes, uint32(20+len(attributes)))
	order.PutUint16(bytes[4:], family)
	order.PutUint16(bytes[6:], flags)
	order.PutUint32(bytes[8:], sequence)
	bytes[16], bytes[17] = command, 1
	return append(bytes, attributes...)
}

type client struct {
	descriptor int
	sequence   uint32
}

func open() *client {
	descriptor, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_GENERIC)
	check(err)
	check(syscall.Bind(descriptor, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}))
	return &client{descriptor: descriptor}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// exchange sends one request; the messages of its answer, up to the acknowledgement or the end of the dump.
func (c *client) exchange(family uint16, flags uint16, command byte, attributes []byte) []syscall.NetlinkMessage {
	c.sequence++
	sent := message(family, request|flags, c.sequence, command, attributes)
	check(syscall.Sendto(c.descriptor, sent, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}))
	var all []syscall.NetlinkMessage
	buffer := make([]byte, 1<<16)
	for {
		length, from, err := syscall.Recvfrom(c.descriptor, buffer, 0)
		check(err)
		if sender, is := from.(*syscall.SockaddrNetlink); !is || sender.Pid != 0 {
			check(fmt.Errorf("an answer of %v", from))
		}
		messages, err := syscall.ParseNetlinkMessage(append([]byte{}, buffer[:length]...))
		check(err)
		for _, one := range messages {
			if one.Header.Seq != c.sequence {
				check(fmt.Errorf("an answer to %d for %d", one.Header.Seq, c.sequence))
			}
			if one.Header.Type == syscall.NLMSG_ERROR {
				if errno := -int32(order.Uint32(one.Data)); errno != 0 {
					check(syscall.Errno(errno))
				}
				return all
			}
			if one.Header.Type == messageDone {
				return all
			}
			all = append(all, one)
		}
	}
}

func (c *client) family() uint16 {
	answer := c.exchange(controller, ack, getFamily, attribute(2, []byte("IPVS\x00")))
	for data := answer[0].Data[4:]; len(data) >= 4; data = data[(order.Uint16(data)+3)&^3:] {
		if order.Uint16(data[2:]) == 1 {
			return order.Uint16(data[4:])
		}
	}
	check(fmt.Errorf("no family IPVS"))
	return 0
}

func service(port int) []byte {
	var all []byte
	for _, part := range [][]byte{
		attribute(1, []byte{2, 0}),
		attribute(2, []byte{6, 0}),
		attribute(3, append([]byte{10, 0, 0, 1}, make([]byte, 12)...)),
		attribute(4, []byte{byte(port >> 8), byte(port)}),
		attribute(6, []byte("rr\x00")),
		attribute(7, []byte{0, 0, 0, 0, 255, 255, 255, 255}),
		attribute(8, []byte{0, 0, 0, 0}),
		attribute(9, []byte{255, 255, 255, 255}),
	} {
		all = append(all, part...)
	}
	return attribute(1, all)
}

func main() {
	var group sync.WaitGroup
	for worker := 0; worker < workers; worker++ {
		group.Add(1)
		go func(worker int) {
			defer group.Done()
			c := open()
			family := c.family()
			for number := 0; number < each; number++ {
				c.exchange(family, ack, newService, service(1000+worker*each+number))
			}
		}(worker)
	}
	group.Wait()
	c := open()
	fmt.Println(len(c.exchange(c.family(), dump, getService, nil)), "services")
}
